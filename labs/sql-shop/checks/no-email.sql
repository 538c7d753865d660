SELECT name, city FROM customer WHERE email IS NULL

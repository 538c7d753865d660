SELECT name, city FROM customer LEFT JOIN purchase ON customer_id = customer.id WHERE purchase.id IS NULL

SELECT name FROM article WHERE name LIKE '%paper%'

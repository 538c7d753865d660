SELECT name, price FROM article ORDER BY price DESC, name LIMIT 6

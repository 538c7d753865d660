SELECT name, price FROM article AS one WHERE price > (SELECT avg(price) FROM article WHERE category_id = one.category_id)

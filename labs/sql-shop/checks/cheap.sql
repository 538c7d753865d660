SELECT name, price FROM article WHERE price < 5 AND discontinued = 0

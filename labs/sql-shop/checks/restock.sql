SELECT name, stock FROM article WHERE stock < 10 AND discontinued = 0 ORDER BY stock, name

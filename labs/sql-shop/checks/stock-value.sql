SELECT name, stock * price AS worth FROM article WHERE discontinued = 0

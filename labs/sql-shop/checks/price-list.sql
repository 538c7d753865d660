SELECT name, price FROM article

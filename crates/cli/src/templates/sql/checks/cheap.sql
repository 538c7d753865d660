SELECT name, price FROM article WHERE price < 5;

SELECT name, quantity, unit_price, round(quantity * unit_price, 2) FROM item JOIN article ON article.id = article_id WHERE purchase_id = 700

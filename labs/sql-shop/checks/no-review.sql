SELECT name FROM article WHERE NOT EXISTS (SELECT * FROM review WHERE article_id = article.id)

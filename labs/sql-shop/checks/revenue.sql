SELECT category.name, round(sum(quantity * unit_price), 2) AS revenue
FROM category JOIN article ON category_id = category.id JOIN item ON article_id = article.id
GROUP BY category.id ORDER BY revenue DESC

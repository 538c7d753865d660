SELECT category, name, price FROM (
  SELECT category.name AS category, article.name, price, rank() OVER (PARTITION BY category.id ORDER BY price DESC) AS place
  FROM article JOIN category ON category.id = category_id
) WHERE place = 1

WITH RECURSIVE below (id, name) AS (
  SELECT id, name FROM category WHERE name = 'Tools'
  UNION ALL
  SELECT category.id, category.name FROM category JOIN below ON parent_id = below.id
)
SELECT article.name, below.name FROM below JOIN article ON category_id = below.id

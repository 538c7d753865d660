WITH month AS (
  SELECT strftime('%Y-%m', bought_on) AS month, sum(amount) AS revenue FROM sale WHERE bought_on LIKE '2024-%' GROUP BY 1
)
SELECT month, round(revenue, 2), round(sum(revenue) OVER (ORDER BY month), 2) FROM month ORDER BY month

SELECT strftime('%Y-%m', bought_on) AS month, count(*) FROM purchase WHERE bought_on LIKE '2024-%' GROUP BY month ORDER BY month

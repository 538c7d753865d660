WITH total AS (SELECT purchase_id, sum(quantity * unit_price) AS amount FROM item GROUP BY purchase_id)
SELECT purchase_id, round(amount, 2) FROM total WHERE amount > 3 * (SELECT avg(amount) FROM total)

SELECT city, count(*) FROM customer GROUP BY city HAVING count(*) >= 15 ORDER BY count(*) DESC, city

SELECT count(*), count(email), count(DISTINCT city) FROM customer

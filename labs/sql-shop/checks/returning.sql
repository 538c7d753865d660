SELECT bought_on, julianday(bought_on) - julianday(lag(bought_on) OVER (ORDER BY bought_on, id))
FROM purchase WHERE customer_id = 7 ORDER BY bought_on, id

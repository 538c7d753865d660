SELECT channel, round(avg(julianday(shipped_on) - julianday(bought_on)), 1)
FROM purchase WHERE channel <> 'counter' GROUP BY channel

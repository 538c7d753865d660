SELECT channel, count(*) FROM purchase GROUP BY channel

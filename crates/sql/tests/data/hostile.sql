What must come of each query: table, refused, forbidden, several, time, memory, rows or database.

-- >> time
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n

-- >> rows
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n

-- >> time or memory
WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT max(i) FROM n

-- >> time or memory
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n ORDER BY i DESC

-- >> memory or refused
WITH RECURSIVE n(i, t) AS (SELECT 1, zeroblob(1000000) UNION ALL SELECT i + 1, t || t FROM n) SELECT count(t) FROM n ORDER BY t

-- >> time or memory
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT count(*) FROM (SELECT DISTINCT randomblob(1000) FROM n)

-- >> time or memory
SELECT count(*) FROM article a, article b, article c, article d, article e, article f, article g, article h, article i, article j, article k, article l

-- >> refused
SELECT zeroblob(2000000000)

-- >> refused
SELECT randomblob(2000000000)

-- >> refused or table
SELECT printf('%2000000000d', 1)

-- >> refused or memory or table
SELECT printf('%.*c', 1999999999, 'x')

-- >> refused
SELECT replace(hex(zeroblob(100000)), '0', hex(zeroblob(100000)))

-- >> time or table
SELECT instr(hex(zeroblob(900000)), hex(zeroblob(450000)) || '1')

-- >> refused
SELECT hex(zeroblob(1000000)) LIKE replace(hex(zeroblob(100000)), '0', '%0')

-- >> time or memory or refused
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT group_concat(i) FROM n

-- >> time or memory or refused
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT json_group_array(i) FROM n

-- >> forbidden
ATTACH '/tmp/labwright-attached.sqlite' AS other

-- >> forbidden
ATTACH ':memory:' AS other

-- >> forbidden
DETACH main

-- >> refused or forbidden
SELECT load_extension('/tmp/evil.so')

-- >> refused or forbidden
SELECT writefile('/tmp/labwright-written', 'x')

-- >> refused or forbidden
SELECT readfile('/etc/passwd')

-- >> refused or forbidden
SELECT fts3_tokenizer('simple', x'4141414141414141')

-- >> forbidden
PRAGMA writable_schema = 1

-- >> forbidden
PRAGMA temp_store_directory = '/tmp'

-- >> forbidden
PRAGMA hard_heap_limit = 0

-- >> forbidden
PRAGMA mmap_size = 1000000000

-- >> refused
UPDATE sqlite_schema SET sql = 'CREATE TABLE article(x)'

-- >> forbidden
INSERT INTO words(words) VALUES ('rebuild')

-- >> forbidden
UPDATE words_data SET block = x'00'

-- >> forbidden
DELETE FROM boxes_node

-- >> forbidden
CREATE VIRTUAL TABLE temp.evil USING fts5(x)

-- >> forbidden
CREATE TRIGGER evil AFTER INSERT ON article BEGIN SELECT 1; END

-- >> forbidden
VACUUM INTO '/tmp/labwright-vacuumed.sqlite'

-- >> refused or table
SELECT * FROM words WHERE words MATCH '((((((((((((((((((((((((((((((((((((((((((((((((((((a'

-- >> table
SELECT rtreecheck('boxes')

-- >> several
SELECT 1; ATTACH '/tmp/labwright-attached.sqlite' AS other

-- >> refused
SELECT * FROM article WHERE name REGEXP '(a+)+$'

-- >> rows or memory
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 900) SELECT hex(zeroblob(500000)) FROM n

-- >> refused
SELECT abs(-9223372036854775808)

-- >> time or memory or refused
WITH RECURSIVE t(x) AS (SELECT '[' UNION ALL SELECT x || '[' FROM t) SELECT json_valid(x) FROM t ORDER BY 1

-- >> refused
SELECT json_extract(hex(zeroblob(100)), '$')

-- Makes assets/shop.sqlite: `sqlite3 assets/shop.sqlite < make/shop.sql`. The same rows every time: chance comes from the
-- table dice, a multiplicative generator (Park and Miller, 48271). A test compares the committed file with this script;
-- `LABWRIGHT_UPDATE=1 cargo test -p labwright-sql shop` makes it anew.
--
-- What the tasks lean on: customers without an e-mail address, two who bear one name, some who never bought; purchases at
-- the counter (no customer), purchases not yet shipped; articles of one price, articles without a review, reviews of the
-- shop itself (no article), so that NOT IN finds nothing; categories within categories; a boss without a boss.

PRAGMA page_size = 1024;

CREATE TABLE category (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,
  parent_id INTEGER REFERENCES category (id)
);
CREATE TABLE article (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL,
  category_id  INTEGER NOT NULL REFERENCES category (id),
  price        REAL NOT NULL,
  stock        INTEGER NOT NULL,
  discontinued INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE customer (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,
  city      TEXT NOT NULL,
  country   TEXT NOT NULL,
  email     TEXT,
  joined_on TEXT NOT NULL
);
CREATE TABLE staff (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  job      TEXT NOT NULL,
  boss_id  INTEGER REFERENCES staff (id),
  hired_on TEXT NOT NULL
);
CREATE TABLE purchase (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER REFERENCES customer (id),
  staff_id    INTEGER NOT NULL REFERENCES staff (id),
  channel     TEXT NOT NULL CHECK (channel IN ('counter', 'phone', 'web')),
  bought_on   TEXT NOT NULL,
  shipped_on  TEXT
);
CREATE TABLE item (
  purchase_id INTEGER NOT NULL REFERENCES purchase (id),
  article_id  INTEGER NOT NULL REFERENCES article (id),
  quantity    INTEGER NOT NULL,
  unit_price  REAL NOT NULL,
  PRIMARY KEY (purchase_id, article_id)
) WITHOUT ROWID;
CREATE TABLE review (
  id          INTEGER PRIMARY KEY,
  article_id  INTEGER REFERENCES article (id),
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  stars       INTEGER NOT NULL,
  words       TEXT,
  written_on  TEXT NOT NULL
);

CREATE TEMP TABLE dice AS
  WITH RECURSIVE roll (n, v) AS (
    SELECT 0, 20240229
    UNION ALL
    SELECT n + 1, v * 48271 % 2147483647 FROM roll LIMIT 40000
  )
  SELECT n, v FROM roll;
CREATE UNIQUE INDEX temp.dice_n ON dice (n);

INSERT INTO category (id, name, parent_id) VALUES
  (1, 'Paper', NULL), (2, 'Writing', NULL), (3, 'Tools', NULL), (4, 'Boat', NULL),
  (5, 'Notebooks', 1), (6, 'Cards', 1), (7, 'Pens', 2), (8, 'Pencils', 2), (9, 'Hand tools', 3),
  (10, 'Power tools', 3), (11, 'Saws', 9), (12, 'Hammers', 9), (13, 'Ropes', 4), (14, 'Lamps', 4), (15, 'Paint', 4), (16, 'Gifts', NULL);

INSERT INTO article (name, category_id, price, stock, discontinued) VALUES
  ('Notebook, ruled', 5, 3.50, 140, 0), ('Notebook, squared', 5, 3.50, 96, 0), ('Notebook, blank', 5, 3.90, 75, 0),
  ('Logbook', 5, 18.00, 22, 0), ('Watercolour paper', 5, 12.40, 18, 0), ('Blotting paper', 5, 2.20, 60, 1),
  ('Postcard, harbour', 6, 0.80, 400, 0), ('Postcard, lighthouse', 6, 0.80, 310, 0), ('Birthday card', 6, 2.50, 120, 0),
  ('Chart of the bay', 6, 24.00, 12, 0), ('Writing paper', 6, 7.90, 40, 0),
  ('Ballpoint pen', 7, 1.20, 500, 0), ('Fountain pen', 7, 42.00, 9, 0), ('Brush pen', 7, 5.60, 33, 0),
  ('Ink, blue', 7, 6.80, 25, 0), ('Ink, black', 7, 6.80, 31, 0), ('Ink, green', 7, 6.80, 0, 1),
  ('Pencil, HB', 8, 0.90, 620, 0), ('Pencil, 4B', 8, 0.90, 180, 0), ('Coloured pencils, 24', 8, 19.50, 27, 0),
  ('Carpenter''s pencil', 8, 1.40, 85, 0), ('Eraser', 8, 0.70, 260, 0), ('Sharpener', 8, 1.60, 130, 0),
  ('Pliers', 9, 14.90, 28, 0), ('Spanner set', 9, 39.00, 11, 0), ('Screwdriver', 9, 6.50, 54, 0),
  ('Tape measure', 9, 8.20, 47, 0), ('Spirit level', 9, 16.00, 14, 0),
  ('Cordless drill', 10, 129.00, 7, 0), ('Sander', 10, 89.00, 5, 0), ('Jigsaw', 10, 99.00, 4, 0), ('Heat gun', 10, 54.00, 0, 1),
  ('Handsaw', 11, 22.50, 16, 0), ('Hacksaw', 11, 17.80, 19, 0), ('Fretsaw', 11, 12.30, 13, 0), ('Sandpaper, 10 sheets', 11, 4.40, 90, 0),
  ('Claw hammer', 12, 19.90, 24, 0), ('Sledgehammer', 12, 48.00, 3, 0), ('Mallet', 12, 13.50, 17, 0), ('Tack hammer', 12, 19.90, 8, 0),
  ('Rope, 10 m', 13, 15.00, 36, 0), ('Rope, 30 m', 13, 39.00, 15, 0), ('Twine', 13, 2.90, 110, 0), ('Shackle', 13, 6.20, 70, 0),
  ('Fender', 13, 27.00, 20, 0), ('Anchor, 8 kg', 13, 129.00, 4, 0),
  ('Storm lantern', 14, 34.00, 21, 0), ('Head lamp', 14, 29.00, 18, 0), ('Navigation light', 14, 62.00, 6, 0), ('Candle', 14, 1.10, 300, 0),
  ('Varnish', 15, 23.00, 26, 0), ('Antifouling paint', 15, 74.00, 10, 0), ('Brush, 40 mm', 15, 5.20, 64, 0), ('Painter''s tape', 15, 4.10, 58, 0),
  ('Deck paint', 15, 36.50, 0, 1), ('Sealing compound', 15, 9.80, 44, 0);

CREATE TEMP TABLE first_name (n INTEGER PRIMARY KEY, name TEXT);
INSERT INTO first_name (name) VALUES
  ('Ada'), ('Amina'), ('Anton'), ('Björn'), ('Camille'), ('Chloé'), ('Daniel'), ('Elif'), ('Émile'), ('Fatou'), ('Gaël'), ('Greta'),
  ('Hana'), ('Ines'), ('Jonas'), ('Kofi'), ('Lena'), ('Louis'), ('Maeve'), ('Marco'), ('Nadia'), ('Noor'), ('Oskar'), ('Pia'),
  ('Quentin'), ('Rosa'), ('Samir'), ('Sofia'), ('Tariq'), ('Yara');
CREATE TEMP TABLE last_name (n INTEGER PRIMARY KEY, name TEXT);
INSERT INTO last_name (name) VALUES
  ('Albers'), ('Benali'), ('Brandt'), ('Caron'), ('Costa'), ('Diallo'), ('Dubois'), ('Eriksen'), ('Ferreira'), ('Fournier'), ('Gallo'),
  ('Haddad'), ('Hansen'), ('Ivanova'), ('Jansen'), ('Keita'), ('Kowalski'), ('Lambert'), ('Lindgren'), ('Martin'), ('Moreau'),
  ('Nkosi'), ('Novak'), ('O''Brien'), ('Perrin'), ('Petit'), ('Quist'), ('Rossi'), ('Sato'), ('Schmidt'), ('Traoré'), ('Vidal'), ('Weber'), ('Yilmaz');
CREATE TEMP TABLE town (n INTEGER PRIMARY KEY, city TEXT, country TEXT);
INSERT INTO town (city, country) VALUES
  ('Brest', 'France'), ('Brest', 'France'), ('Brest', 'France'), ('Nantes', 'France'), ('Nantes', 'France'), ('Marseille', 'France'),
  ('Saint-Malo', 'France'), ('Hamburg', 'Germany'), ('Hamburg', 'Germany'), ('Kiel', 'Germany'), ('Genoa', 'Italy'), ('Porto', 'Portugal'),
  ('Cork', 'Ireland'), ('Bergen', 'Norway'), ('Gothenburg', 'Sweden'), ('Ghent', 'Belgium');

-- 230 customers. Every eighth one or so gave no address; number 200 bears the name of number 60.
WITH RECURSIVE one (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM one LIMIT 230),
drawn AS (
  SELECT id,
    (SELECT name FROM first_name WHERE n = 1 + a.v % 30) AS first,
    (SELECT name FROM last_name WHERE n = 1 + b.v % 34) AS last,
    1 + c.v % 16 AS town, d.v % 8 AS has, e.v % 1180 AS day
  FROM one
  JOIN dice a ON a.n = id * 6 JOIN dice b ON b.n = id * 6 + 1 JOIN dice c ON c.n = id * 6 + 2
  JOIN dice d ON d.n = id * 6 + 3 JOIN dice e ON e.n = id * 6 + 4
)
INSERT INTO customer (id, name, city, country, email, joined_on)
  SELECT id, first || ' ' || last, city, country,
    CASE WHEN has > 0 THEN lower(substr(first, 1, 1) || '.' || replace(last, '''', '')) || id || '@mail.example' END,
    date('2021-01-04', '+' || day || ' days')
  FROM drawn JOIN town ON town.n = drawn.town;
UPDATE customer SET name = (SELECT name FROM customer WHERE id = 60) WHERE id = 200;
UPDATE customer SET email = replace(replace(replace(email, 'é', 'e'), 'É', 'e'), 'ö', 'o');

INSERT INTO staff (id, name, job, boss_id, hired_on) VALUES
  (1, 'Maud Le Goff', 'owner', NULL, '2009-03-01'), (2, 'Henrik Olsen', 'head of the shop', 1, '2012-09-17'),
  (3, 'Priya Nair', 'head of the web shop', 1, '2016-01-11'), (4, 'Tomás Reis', 'counter', 2, '2018-05-02'),
  (5, 'Awa Sow', 'counter', 2, '2021-08-30'), (6, 'Jil Becker', 'phone', 2, '2019-11-04'),
  (7, 'Yann Kermarec', 'parcels', 3, '2020-02-10'), (8, 'Zoé Lefèvre', 'web', 3, '2022-06-20'), (9, 'Ravi Menon', 'apprentice', 4, '2024-09-02');

-- 1500 purchases over three years; more in summer. Customers above number 205 never bought. The counter asks no name.
WITH RECURSIVE one (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM one LIMIT 1500),
drawn AS (
  SELECT id, a.v % 100 AS way, b.v % 205 * (c.v % 997) / 997 + 1 AS customer, d.v % 1096 AS day, e.v % 365 AS summer, f.v % 100 AS luck
  FROM one
  JOIN dice a ON a.n = 2000 + id * 7 JOIN dice b ON b.n = 2001 + id * 7 JOIN dice c ON c.n = 2002 + id * 7
  JOIN dice d ON d.n = 2003 + id * 7 JOIN dice e ON e.n = 2004 + id * 7 JOIN dice f ON f.n = 2005 + id * 7
),
dated AS (
  SELECT id, way, customer, luck,
    CASE WHEN way % 3 = 0 AND strftime('%m', date('2022-01-01', '+' || day || ' days')) NOT BETWEEN '05' AND '09'
      THEN date('2022-01-01', '+' || (min(day / 365, 2) * 365 + 120 + summer % 150) || ' days')
      ELSE date('2022-01-01', '+' || day || ' days') END AS bought
  FROM drawn
),
placed AS (
  SELECT row_number() OVER (ORDER BY bought, id) AS id, customer, luck, bought,
    CASE WHEN way < 34 THEN 'counter' WHEN way < 48 THEN 'phone' ELSE 'web' END AS channel
  FROM dated
)
INSERT INTO purchase (id, customer_id, staff_id, channel, bought_on, shipped_on)
  SELECT id,
    CASE WHEN channel = 'counter' AND luck < 70 THEN NULL ELSE customer END,
    CASE channel WHEN 'counter' THEN 4 + luck % 2 WHEN 'phone' THEN 6 ELSE CASE WHEN luck < 60 THEN 8 ELSE 7 END END,
    channel, bought,
    CASE WHEN channel = 'counter' THEN bought
      WHEN bought > '2024-12-20' OR luck = 99 THEN NULL
      ELSE date(bought, '+' || (1 + luck % 4 + CASE channel WHEN 'phone' THEN 2 ELSE 0 END) || ' days') END
  FROM placed;

-- One to five different articles each. Prices were lower before 2024: a tenth, in whole cents.
WITH RECURSIVE slot (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM slot LIMIT 5),
drawn AS (
  SELECT purchase.id AS purchase, bought_on, k, 1 + a.v % 56 AS article, 1 + b.v % 4 * (b.v % 3) / 2 AS quantity, c.v % 5 AS more
  FROM purchase JOIN slot
  JOIN dice a ON a.n = 13000 + purchase.id * 11 + k * 2 JOIN dice b ON b.n = 13001 + purchase.id * 11 + k * 2
  JOIN dice c ON c.n = 13010 + purchase.id * 11
)
INSERT OR IGNORE INTO item (purchase_id, article_id, quantity, unit_price)
  SELECT purchase, article, max(1, quantity) * CASE WHEN price < 1.5 THEN 5 ELSE 1 END,
    CASE WHEN bought_on < '2024-01-01' THEN round(price * 0.9, 2) ELSE price END
  FROM drawn JOIN article ON article.id = article
  WHERE k <= more AND article.name NOT IN ('Anchor, 8 kg', 'Navigation light')
  ORDER BY purchase, k;

-- 420 reviews, of articles that the customer bought; some of the shop itself. Four articles have none.
WITH RECURSIVE one (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM one LIMIT 420),
bought AS (
  SELECT row_number() OVER (ORDER BY purchase_id, article_id) - 1 AS n, customer_id, article_id, bought_on
  FROM item JOIN purchase ON purchase.id = purchase_id
  WHERE customer_id IS NOT NULL AND article_id NOT IN (6, 28)
),
drawn AS (
  SELECT one.id, a.v % (SELECT count(*) FROM bought) AS n, b.v % 10 AS mood, c.v % 6 AS says, d.v % 30 AS later
  FROM one
  JOIN dice a ON a.n = 31000 + one.id * 5 JOIN dice b ON b.n = 31001 + one.id * 5
  JOIN dice c ON c.n = 31002 + one.id * 5 JOIN dice d ON d.n = 31003 + one.id * 5
)
INSERT INTO review (id, article_id, customer_id, stars, words, written_on)
  SELECT id, CASE WHEN id % 37 = 0 THEN NULL ELSE article_id END, customer_id,
    CASE WHEN mood < 4 THEN 5 WHEN mood < 7 THEN 4 WHEN mood < 8 THEN 3 WHEN mood < 9 THEN 2 ELSE 1 END,
    CASE WHEN says > 3 THEN NULL WHEN mood > 7 THEN 'Not what I expected.' WHEN says = 0 THEN 'As good as they say.' WHEN says = 1 THEN 'Came quickly.' ELSE 'Would buy again.' END,
    date(bought_on, '+' || (3 + later) || ' days')
  FROM drawn JOIN bought USING (n);

CREATE INDEX purchase_customer ON purchase (customer_id);
CREATE INDEX item_article ON item (article_id);
CREATE VIEW sale AS
  SELECT purchase_id, bought_on, channel, customer_id, article_id, quantity, unit_price, round(quantity * unit_price, 2) AS amount
  FROM item JOIN purchase ON purchase.id = purchase_id;
DROP TABLE temp.dice;
DROP TABLE temp.first_name;
DROP TABLE temp.last_name;
DROP TABLE temp.town;
VACUUM;

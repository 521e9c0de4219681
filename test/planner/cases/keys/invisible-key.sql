-- No table is altered in which an invisible unique key would stand for the primary key, though it can be made: 3522.
-- forth: blocked invisible-key
-- back: blocked invisible-key
-- from
CREATE TABLE keys_invisible_key (a INT NOT NULL, b INT AS (a + 1) NOT NULL, UNIQUE KEY u (b), UNIQUE KEY d (a) INVISIBLE);
-- to
CREATE TABLE keys_invisible_key (a INT NOT NULL, b INT AS (a + 1) NOT NULL, c INT, UNIQUE KEY u (b), UNIQUE KEY d (a) INVISIBLE);

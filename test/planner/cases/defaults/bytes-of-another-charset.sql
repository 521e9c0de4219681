-- A literal in bytes that are no UTF-8, which a client in latin1 has written.
-- forth: copy safe
-- back: instant safe
-- from
CREATE TABLE defaults_bytes (id INT NOT NULL PRIMARY KEY, s VARCHAR(9) DEFAULT (_latin1 x'e9'), t VARCHAR(9) AS (s) VIRTUAL);
-- to
CREATE TABLE defaults_bytes (id INT NOT NULL PRIMARY KEY, s VARCHAR(9) DEFAULT (_latin1 x'e927'), t VARCHAR(9) AS (s) STORED);

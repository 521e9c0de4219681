-- The same length needs two bytes to tell it, in the wider charset.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_varchar_bytes (id INT PRIMARY KEY, a VARCHAR(100) CHARACTER SET latin1);
-- to
CREATE TABLE charsets_varchar_bytes (id INT PRIMARY KEY, a VARCHAR(100) CHARACTER SET utf8mb4);

-- Three bytes become four.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_utf8mb3 (id INT PRIMARY KEY, a VARCHAR(10), b TEXT) CHARSET=utf8mb3;
-- to
CREATE TABLE charsets_utf8mb3 (id INT PRIMARY KEY, a VARCHAR(10), b TEXT) CHARSET=utf8mb4;

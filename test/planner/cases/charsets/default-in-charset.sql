-- A default with characters of its charset.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_default_in_charset (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1 DEFAULT 'é', b VARCHAR(10) CHARACTER SET sjis);
-- to
CREATE TABLE charsets_default_in_charset (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET utf8mb4 DEFAULT 'é', b VARCHAR(10) CHARACTER SET sjis DEFAULT 'あ');

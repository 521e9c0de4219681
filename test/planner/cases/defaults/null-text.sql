-- The text NULL is not null.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_null_text (id INT PRIMARY KEY, a VARCHAR(9) DEFAULT NULL);
-- to
CREATE TABLE defaults_null_text (id INT PRIMARY KEY, a VARCHAR(9) DEFAULT 'NULL');

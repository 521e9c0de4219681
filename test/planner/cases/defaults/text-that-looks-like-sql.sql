-- Words in a literal.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_text_that_looks_like_sql (id INT PRIMARY KEY, a VARCHAR(90) DEFAULT 'x');
-- to
CREATE TABLE defaults_text_that_looks_like_sql (id INT PRIMARY KEY, a VARCHAR(90) DEFAULT ' NOT NULL COLLATE latin1_bin, `b` int);-- \\');

-- An empty text is a default, and no default is not.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_empty_text (id INT PRIMARY KEY, a VARCHAR(9) NOT NULL);
-- to
CREATE TABLE defaults_empty_text (id INT PRIMARY KEY, a VARCHAR(9) NOT NULL DEFAULT '');

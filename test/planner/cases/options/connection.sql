-- A text that InnoDB keeps and ignores.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_connection (id INT NOT NULL PRIMARY KEY);
-- to
CREATE TABLE options_connection (id INT NOT NULL PRIMARY KEY) CONNECTION='a b';

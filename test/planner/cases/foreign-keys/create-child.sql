-- A new table that points to one that is there.
-- forth: create direct safe
-- back: drop direct unsafe drops-table-for-good
-- from
CREATE TABLE fk_there (id INT PRIMARY KEY);
-- to
CREATE TABLE fk_there (id INT PRIMARY KEY);
CREATE TABLE fk_new_child (id INT PRIMARY KEY, p INT, CONSTRAINT fk_n1 FOREIGN KEY (p) REFERENCES fk_there (id) ON UPDATE CASCADE ON DELETE SET NULL);

-- A new table that points to none.
-- forth: create blocked foreign-key
-- back: drop direct unsafe drops-table-for-good
-- from
CREATE TABLE fk_other_d (id INT PRIMARY KEY);
-- to
CREATE TABLE fk_other_d (id INT PRIMARY KEY);
CREATE TABLE fk_orphan (id INT PRIMARY KEY, p INT, CONSTRAINT fk_o1 FOREIGN KEY (p) REFERENCES fk_nowhere (id));

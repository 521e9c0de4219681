-- Two new tables: the parent comes first, whatever their names.
-- forth: fk_b_parent: create direct safe; fk_a_child: create direct safe
-- back: fk_a_child: drop direct unsafe drops-table-for-good; fk_b_parent: drop direct unsafe drops-table
-- from
CREATE TABLE fk_other_a (id INT PRIMARY KEY);
-- to
CREATE TABLE fk_other_a (id INT PRIMARY KEY);
CREATE TABLE fk_a_child (id INT PRIMARY KEY, p INT, CONSTRAINT fk_a1 FOREIGN KEY (p) REFERENCES fk_b_parent (id));
CREATE TABLE fk_b_parent (id INT PRIMARY KEY);

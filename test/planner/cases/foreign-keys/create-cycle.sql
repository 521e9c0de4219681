-- Two new tables that point to each other.
-- forth: fk_cycle_b: create direct safe; fk_cycle_a: create direct safe
-- back: fk_cycle_a: drop direct unsafe drops-table-for-good; fk_cycle_b: drop direct unsafe drops-table-for-good
-- from
CREATE TABLE fk_other_b (id INT PRIMARY KEY);
-- to
CREATE TABLE fk_other_b (id INT PRIMARY KEY);
CREATE TABLE fk_cycle_a (id INT PRIMARY KEY, p INT, CONSTRAINT fk_c1 FOREIGN KEY (p) REFERENCES fk_cycle_b (id));
CREATE TABLE fk_cycle_b (id INT PRIMARY KEY, p INT, CONSTRAINT fk_c2 FOREIGN KEY (p) REFERENCES fk_cycle_a (id));

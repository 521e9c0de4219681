-- A new table that points to itself.
-- forth: create direct safe
-- back: drop direct unsafe drops-table-for-good
-- from
CREATE TABLE fk_other_c (id INT PRIMARY KEY);
-- to
CREATE TABLE fk_other_c (id INT PRIMARY KEY);
CREATE TABLE fk_self (id INT PRIMARY KEY, p INT, CONSTRAINT fk_s1 FOREIGN KEY (p) REFERENCES fk_self (id) ON DELETE CASCADE);

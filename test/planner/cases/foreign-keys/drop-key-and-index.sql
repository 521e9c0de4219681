-- A foreign key goes with its index: 1553.
-- forth: inplace unsafe drops-visible-index
-- back: blocked add-foreign-key
-- from
CREATE TABLE fk_e_p (id INT PRIMARY KEY);
CREATE TABLE fk_e_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_e1 FOREIGN KEY (p) REFERENCES fk_e_p (id));
-- to
CREATE TABLE fk_e_p (id INT PRIMARY KEY);
CREATE TABLE fk_e_c (id INT PRIMARY KEY, p INT);

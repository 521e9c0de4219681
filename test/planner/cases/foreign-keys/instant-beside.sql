-- A column more on both sides needs no copy.
-- forth: fk_i_c: instant safe; fk_i_p: instant safe
-- back: fk_i_c: instant unsafe drops-column; fk_i_p: instant unsafe drops-column
-- from
CREATE TABLE fk_i_p (id INT PRIMARY KEY);
CREATE TABLE fk_i_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_i1 FOREIGN KEY (p) REFERENCES fk_i_p (id));
-- to
CREATE TABLE fk_i_p (id INT PRIMARY KEY, a INT);
CREATE TABLE fk_i_c (id INT PRIMARY KEY, p INT, a INT, CONSTRAINT fk_i1 FOREIGN KEY (p) REFERENCES fk_i_p (id));

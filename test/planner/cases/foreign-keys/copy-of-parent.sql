-- A copy of a table that others point to.
-- forth: blocked foreign-key
-- back: blocked foreign-key narrows-type
-- from
CREATE TABLE fk_cp_p (id INT PRIMARY KEY, k INT);
CREATE TABLE fk_cp_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_cp1 FOREIGN KEY (p) REFERENCES fk_cp_p (id));
-- to
CREATE TABLE fk_cp_p (id INT PRIMARY KEY, k BIGINT);
CREATE TABLE fk_cp_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_cp1 FOREIGN KEY (p) REFERENCES fk_cp_p (id));

-- A copy of a table that points to another.
-- forth: blocked foreign-key
-- back: blocked foreign-key narrows-type
-- from
CREATE TABLE fk_cc_p (id INT PRIMARY KEY);
CREATE TABLE fk_cc_c (id INT PRIMARY KEY, p INT, k INT, CONSTRAINT fk_cc1 FOREIGN KEY (p) REFERENCES fk_cc_p (id));
-- to
CREATE TABLE fk_cc_p (id INT PRIMARY KEY);
CREATE TABLE fk_cc_c (id INT PRIMARY KEY, p INT, k BIGINT, CONSTRAINT fk_cc1 FOREIGN KEY (p) REFERENCES fk_cc_p (id));

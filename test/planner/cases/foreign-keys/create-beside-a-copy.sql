-- A new table that points to one which would be copied in the same change.
-- forth: fk_bc_c: create direct safe; fk_bc_p: blocked foreign-key
-- back: fk_bc_p: blocked foreign-key narrows-type; fk_bc_c: drop direct unsafe drops-table-for-good
-- from
CREATE TABLE fk_bc_p (id INT PRIMARY KEY, k INT);
-- to
CREATE TABLE fk_bc_p (id INT PRIMARY KEY, k BIGINT);
CREATE TABLE fk_bc_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_bc1 FOREIGN KEY (p) REFERENCES fk_bc_p (id));

-- 1553: the foreign key goes in the same statement.
-- forth: inplace unsafe drops-visible-index
-- back: blocked add-foreign-key
-- from
CREATE TABLE trap_fk_p (id INT PRIMARY KEY);
CREATE TABLE trap_fk_c (id INT PRIMARY KEY, p INT, KEY p (p), CONSTRAINT trap_fk1 FOREIGN KEY (p) REFERENCES trap_fk_p (id));
-- to
CREATE TABLE trap_fk_p (id INT PRIMARY KEY);
CREATE TABLE trap_fk_c (id INT PRIMARY KEY, p INT);

-- A foreign key goes, its index stays.
-- forth: inplace safe
-- back: blocked add-foreign-key
-- from
CREATE TABLE fk_d_p (id INT PRIMARY KEY);
CREATE TABLE fk_d_c (id INT PRIMARY KEY, p INT, KEY p (p), CONSTRAINT fk_d1 FOREIGN KEY (p) REFERENCES fk_d_p (id));
-- to
CREATE TABLE fk_d_p (id INT PRIMARY KEY);
CREATE TABLE fk_d_c (id INT PRIMARY KEY, p INT, KEY p (p));

-- A table to which another one points.
-- forth: drop blocked foreign-key
-- back: create direct safe
-- from
CREATE TABLE fk_ds_p (id INT PRIMARY KEY);
CREATE TABLE fk_ds_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_ds1 FOREIGN KEY (p) REFERENCES fk_ds_p (id));
-- to
CREATE TABLE fk_ds_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_ds1 FOREIGN KEY (p) REFERENCES fk_ds_p (id));

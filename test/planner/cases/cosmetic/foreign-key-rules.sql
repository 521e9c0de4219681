-- RESTRICT, NO ACTION and nothing mean the same.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE fk_na_p (id INT PRIMARY KEY);
CREATE TABLE fk_na_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_na1 FOREIGN KEY (p) REFERENCES fk_na_p (id));
-- to
CREATE TABLE fk_na_p (id INT PRIMARY KEY);
CREATE TABLE fk_na_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_na1 FOREIGN KEY (p) REFERENCES fk_na_p (id) ON DELETE RESTRICT ON UPDATE NO ACTION);

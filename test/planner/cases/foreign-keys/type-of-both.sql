-- The type of a column on both sides: 3780.
-- forth: fk_t_c: blocked foreign-key; fk_t_p: blocked foreign-key
-- back: fk_t_c: blocked foreign-key narrows-type; fk_t_p: blocked foreign-key narrows-type
-- from
CREATE TABLE fk_t_p (id INT PRIMARY KEY);
CREATE TABLE fk_t_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_t1 FOREIGN KEY (p) REFERENCES fk_t_p (id));
-- to
CREATE TABLE fk_t_p (id BIGINT PRIMARY KEY);
CREATE TABLE fk_t_c (id INT PRIMARY KEY, p BIGINT, CONSTRAINT fk_t1 FOREIGN KEY (p) REFERENCES fk_t_p (id));

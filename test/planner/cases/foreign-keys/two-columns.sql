-- A foreign key over two columns.
-- forth: inplace safe
-- back: blocked add-foreign-key
-- from
CREATE TABLE fk_w_p (a INT, b INT, PRIMARY KEY (a, b));
CREATE TABLE fk_w_c (id INT PRIMARY KEY, a INT, b INT, KEY ab (a, b), CONSTRAINT fk_w1 FOREIGN KEY (a, b) REFERENCES fk_w_p (a, b));
-- to
CREATE TABLE fk_w_p (a INT, b INT, PRIMARY KEY (a, b));
CREATE TABLE fk_w_c (id INT PRIMARY KEY, a INT, b INT, KEY ab (a, b));

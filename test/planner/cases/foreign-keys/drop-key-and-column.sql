-- A foreign key goes with its column.
-- forth: blocked foreign-key drops-column drops-visible-index
-- back: blocked add-foreign-key
-- from
CREATE TABLE fk_q_p (id INT PRIMARY KEY);
CREATE TABLE fk_q_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_q1 FOREIGN KEY (p) REFERENCES fk_q_p (id));
-- to
CREATE TABLE fk_q_p (id INT PRIMARY KEY);
CREATE TABLE fk_q_c (id INT PRIMARY KEY);

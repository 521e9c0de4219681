-- Another rule under the same name: 1826.
-- forth: blocked add-foreign-key
-- back: blocked add-foreign-key
-- from
CREATE TABLE fk_r_p (id INT PRIMARY KEY);
CREATE TABLE fk_r_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_r1 FOREIGN KEY (p) REFERENCES fk_r_p (id));
-- to
CREATE TABLE fk_r_p (id INT PRIMARY KEY);
CREATE TABLE fk_r_c (id INT PRIMARY KEY, p INT, CONSTRAINT fk_r1 FOREIGN KEY (p) REFERENCES fk_r_p (id) ON DELETE CASCADE);

-- 1826: dropped and added under one name.
-- forth: blocked add-foreign-key
-- back: blocked add-foreign-key
-- from
CREATE TABLE trap_fn_p (id INT PRIMARY KEY);
CREATE TABLE trap_fn_c (id INT PRIMARY KEY, p INT, CONSTRAINT trap_fn1 FOREIGN KEY (p) REFERENCES trap_fn_p (id) ON DELETE CASCADE);
-- to
CREATE TABLE trap_fn_p (id INT PRIMARY KEY);
CREATE TABLE trap_fn_c (id INT PRIMARY KEY, p INT, CONSTRAINT trap_fn1 FOREIGN KEY (p) REFERENCES trap_fn_p (id) ON DELETE SET NULL);

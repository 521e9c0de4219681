-- 3780, even with foreign_key_checks off.
-- forth: trap_ft_c: blocked foreign-key; trap_ft_p: blocked foreign-key
-- back: trap_ft_c: blocked foreign-key narrows-type; trap_ft_p: blocked foreign-key narrows-type
-- from
CREATE TABLE trap_ft_p (id INT PRIMARY KEY);
CREATE TABLE trap_ft_c (id INT PRIMARY KEY, p INT, CONSTRAINT trap_ft1 FOREIGN KEY (p) REFERENCES trap_ft_p (id));
-- to
CREATE TABLE trap_ft_p (id BIGINT PRIMARY KEY);
CREATE TABLE trap_ft_c (id INT PRIMARY KEY, p BIGINT, CONSTRAINT trap_ft1 FOREIGN KEY (p) REFERENCES trap_ft_p (id));

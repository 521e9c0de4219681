-- The same foreign key under another name.
-- forth: blocked add-foreign-key
-- back: blocked add-foreign-key
-- from
CREATE TABLE fk_m_p (id INT PRIMARY KEY);
CREATE TABLE fk_m_c (id INT PRIMARY KEY, p INT, KEY p (p), CONSTRAINT fk_m1 FOREIGN KEY (p) REFERENCES fk_m_p (id));
-- to
CREATE TABLE fk_m_p (id INT PRIMARY KEY);
CREATE TABLE fk_m_c (id INT PRIMARY KEY, p INT, KEY p (p), CONSTRAINT fk_m2 FOREIGN KEY (p) REFERENCES fk_m_p (id));

-- A key that counts.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE columns_auto_increment (id INT PRIMARY KEY);
-- to
CREATE TABLE columns_auto_increment (id INT PRIMARY KEY AUTO_INCREMENT);

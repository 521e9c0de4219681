-- One column stops counting, another begins.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE columns_auto_increment_on_another_column (id INT NOT NULL AUTO_INCREMENT, n INT NOT NULL, PRIMARY KEY (id), KEY n (n));
-- to
CREATE TABLE columns_auto_increment_on_another_column (id INT NOT NULL, n INT NOT NULL AUTO_INCREMENT, PRIMARY KEY (id), KEY n (n));

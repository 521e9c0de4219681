-- The same with the key of a counting column, which cannot be dropped alone.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_index_order_of_auto_increment (id INT NOT NULL, n INT NOT NULL AUTO_INCREMENT, a INT, PRIMARY KEY (id), KEY n (n), KEY a (a));
-- to
CREATE TABLE traps_index_order_of_auto_increment (id INT NOT NULL, n INT NOT NULL AUTO_INCREMENT, a INT, PRIMARY KEY (id), KEY a (a), KEY n (n));

-- The key that a server makes when there is none, written out.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE keys_invisible_primary (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, a INT);
-- to
CREATE TABLE keys_invisible_primary (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT);

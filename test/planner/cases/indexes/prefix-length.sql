-- A longer beginning of a TEXT.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_prefix_length (id INT PRIMARY KEY, a TEXT, KEY a (a(10)));
-- to
CREATE TABLE indexes_prefix_length (id INT PRIMARY KEY, a TEXT, KEY a (a(20)));

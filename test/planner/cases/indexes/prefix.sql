-- The beginning of a text.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_prefix (id INT PRIMARY KEY, a VARCHAR(50), KEY a (a));
-- to
CREATE TABLE indexes_prefix (id INT PRIMARY KEY, a VARCHAR(50), KEY a (a(10)));

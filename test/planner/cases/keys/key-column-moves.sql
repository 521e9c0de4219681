-- The key's column at another place.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE keys_key_column_moves (id INT PRIMARY KEY, a INT, b INT);
-- to
CREATE TABLE keys_key_column_moves (a INT, b INT, id INT PRIMARY KEY);

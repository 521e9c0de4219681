-- The same index under another name.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE indexes_rename (id INT PRIMARY KEY, a INT, KEY old_name (a));
-- to
CREATE TABLE indexes_rename (id INT PRIMARY KEY, a INT, KEY new_name (a));

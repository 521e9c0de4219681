-- The name in other letters.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE indexes_rename_case (id INT PRIMARY KEY, a INT, KEY abc (a));
-- to
CREATE TABLE indexes_rename_case (id INT PRIMARY KEY, a INT, KEY ABC (a));

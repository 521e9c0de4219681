-- Columns before and behind all others.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_add_first_and_last (b INT PRIMARY KEY);
-- to
CREATE TABLE columns_add_first_and_last (a INT, b INT PRIMARY KEY, c INT);

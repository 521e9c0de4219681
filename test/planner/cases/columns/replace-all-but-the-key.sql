-- No column stays but the key.
-- forth: instant unsafe drops-column
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_replace_all_but_the_key (id INT PRIMARY KEY, a INT, b INT);
-- to
CREATE TABLE columns_replace_all_but_the_key (c INT, d INT, id INT PRIMARY KEY);

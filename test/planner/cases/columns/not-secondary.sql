-- A column that no secondary engine loads.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE columns_not_secondary (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE columns_not_secondary (id INT PRIMARY KEY, a INT NOT SECONDARY);

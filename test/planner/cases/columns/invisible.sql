-- A column that SELECT * does not show.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE columns_invisible (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE columns_invisible (id INT PRIMARY KEY, a INT INVISIBLE);

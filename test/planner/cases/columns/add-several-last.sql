-- Several new columns at the end keep their order.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE columns_add_several_last (id INT PRIMARY KEY);
-- to
CREATE TABLE columns_add_several_last (id INT PRIMARY KEY, c INT, b INT, a INT);

-- The same columns in another order.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_columns_in_another_order (id INT PRIMARY KEY, a INT, b INT, KEY a (a, b));
-- to
CREATE TABLE indexes_columns_in_another_order (id INT PRIMARY KEY, a INT, b INT, KEY a (b, a));

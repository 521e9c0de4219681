-- A default that looks at a column.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_expression_of_another_column (id INT PRIMARY KEY, a INT, b INT);
-- to
CREATE TABLE defaults_expression_of_another_column (id INT PRIMARY KEY, a INT, b INT DEFAULT (a + 1));

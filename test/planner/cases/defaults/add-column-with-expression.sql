-- A new column with an expression.
-- forth: copy safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE defaults_add_column_with_expression (id INT PRIMARY KEY);
-- to
CREATE TABLE defaults_add_column_with_expression (id INT PRIMARY KEY, a INT DEFAULT (1 + 2), j JSON NOT NULL DEFAULT (JSON_OBJECT()));

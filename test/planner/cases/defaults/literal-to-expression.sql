-- The same value by other means.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_literal_to_expression (id INT PRIMARY KEY, a INT DEFAULT 3);
-- to
CREATE TABLE defaults_literal_to_expression (id INT PRIMARY KEY, a INT DEFAULT (3));

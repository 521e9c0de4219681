-- Expressions.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_expression (id INT PRIMARY KEY, a VARCHAR(36), b INT);
-- to
CREATE TABLE defaults_expression (id INT PRIMARY KEY, a VARCHAR(36) DEFAULT (CONCAT(1, 2)), b INT DEFAULT (1 + 2));

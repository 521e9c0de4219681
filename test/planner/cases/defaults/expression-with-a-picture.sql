-- Four bytes in an expression come back as they were.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_expression_with_a_picture (id INT PRIMARY KEY, a VARCHAR(9));
-- to
CREATE TABLE defaults_expression_with_a_picture (id INT PRIMARY KEY, a VARCHAR(9) DEFAULT (CONCAT('🚀', 'é')));

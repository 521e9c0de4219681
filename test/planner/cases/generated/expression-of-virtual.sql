-- Another expression.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE generated_expression_of_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 1));
-- to
CREATE TABLE generated_expression_of_virtual (id INT PRIMARY KEY, a INT, v INT AS (a + 2));

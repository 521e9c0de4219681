-- Another expression, whose results are written.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE generated_expression_of_stored (id INT PRIMARY KEY, a INT, s INT AS (a + 1) STORED);
-- to
CREATE TABLE generated_expression_of_stored (id INT PRIMARY KEY, a INT, s INT AS (a + 2) STORED);

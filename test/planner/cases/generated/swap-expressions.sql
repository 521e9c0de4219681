-- Two computed columns change their expressions.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE generated_swap_expressions (id INT PRIMARY KEY, a INT, v INT AS (a + 1), w INT AS (a + 2));
-- to
CREATE TABLE generated_swap_expressions (id INT PRIMARY KEY, a INT, v INT AS (a + 2), w INT AS (a + 1));

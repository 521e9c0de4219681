-- A computed column that SELECT * does not show.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE generated_invisible (id INT PRIMARY KEY, v INT AS (id + 1));
-- to
CREATE TABLE generated_invisible (id INT PRIMARY KEY, v INT AS (id + 1) INVISIBLE COMMENT 'x');

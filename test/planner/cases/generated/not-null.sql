-- A computed column without nulls.
-- forth: copy unsafe adds-not-null
-- back: copy safe
-- from
CREATE TABLE generated_not_null (id INT PRIMARY KEY, v INT AS (id + 1));
-- to
CREATE TABLE generated_not_null (id INT PRIMARY KEY, v INT AS (id + 1) NOT NULL);

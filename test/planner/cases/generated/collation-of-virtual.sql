-- A computed text in another collation.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE generated_collation_of_virtual (id INT PRIMARY KEY, a VARCHAR(9), v VARCHAR(9) AS (a));
-- to
CREATE TABLE generated_collation_of_virtual (id INT PRIMARY KEY, a VARCHAR(9), v VARCHAR(9) COLLATE utf8mb4_bin AS (a));

-- Values that differ now may be equal then.
-- forth: copy unsafe changes-unique-collation
-- back: copy unsafe changes-unique-collation
-- from
CREATE TABLE charsets_table_collation_with_unique (id INT PRIMARY KEY, a VARCHAR(10), UNIQUE KEY a (a)) COLLATE=utf8mb4_bin;
-- to
CREATE TABLE charsets_table_collation_with_unique (id INT PRIMARY KEY, a VARCHAR(10), UNIQUE KEY a (a)) COLLATE=utf8mb4_0900_ai_ci;

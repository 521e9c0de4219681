-- Another collation of the same charset.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE charsets_table_collation (id INT PRIMARY KEY, a VARCHAR(10)) COLLATE=utf8mb4_0900_ai_ci;
-- to
CREATE TABLE charsets_table_collation (id INT PRIMARY KEY, a VARCHAR(10)) COLLATE=utf8mb4_unicode_ci;

-- An index over a text in another collation.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE charsets_collation_with_index (id INT PRIMARY KEY, a VARCHAR(10) COLLATE utf8mb4_bin, KEY a (a));
-- to
CREATE TABLE charsets_collation_with_index (id INT PRIMARY KEY, a VARCHAR(10) COLLATE utf8mb4_0900_ai_ci, KEY a (a));

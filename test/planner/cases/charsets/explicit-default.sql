-- The default written out means the same.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE charsets_explicit_default (id INT PRIMARY KEY, a VARCHAR(10));
-- to
CREATE TABLE charsets_explicit_default (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci);

-- The server shows the charset or not, by the way that the column came to its collation.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE cosmetic_default_charset_beside_a_collation (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) COLLATE=utf8mb4_bin;
-- to
CREATE TABLE cosmetic_default_charset_beside_a_collation (id INT PRIMARY KEY, a VARCHAR(10) COLLATE utf8mb4_bin) COLLATE=utf8mb4_bin;

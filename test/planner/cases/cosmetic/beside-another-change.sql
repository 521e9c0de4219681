-- A column more, and nothing else.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE cosmetic_beside_another_change (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, KEY a (a) USING BTREE) COLLATE=utf8mb4_bin;
-- to
CREATE TABLE cosmetic_beside_another_change (id INT PRIMARY KEY, a VARCHAR(10) COLLATE utf8mb4_bin, b INT, KEY a (a)) COLLATE=utf8mb4_bin;

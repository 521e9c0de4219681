-- A word that InnoDB keeps and ignores.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE cosmetic_index_type (id INT PRIMARY KEY, a INT, KEY a (a));
-- to
CREATE TABLE cosmetic_index_type (id INT PRIMARY KEY, a INT, KEY a (a) USING BTREE);

-- A key is found whatever its column is called and its comment says.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE keys_commas (`a,b)` INT NOT NULL, n INT, PRIMARY KEY (`a,b)`) COMMENT 'x) USING BTREE /*!80000 INVISIBLE */', KEY ` COMMENT '` (n) USING BTREE);
-- to
CREATE TABLE keys_commas (`a,b)` INT NOT NULL, n BIGINT, PRIMARY KEY (`a,b)`) COMMENT 'x) USING BTREE /*!80000 INVISIBLE */', KEY ` COMMENT '` (n));

-- Names of types that mean others.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE types_aliases (id INT PRIMARY KEY, a INTEGER, b DEC(5), c NUMERIC(5,1), d REAL, e BOOL, f CHARACTER VARYING(5), g NATIONAL CHAR(5), h LONG, i FIXED(3));
-- to
CREATE TABLE types_aliases (id INT PRIMARY KEY, a INT, b DECIMAL(5), c DECIMAL(5,1), d DOUBLE, e TINYINT(1), f VARCHAR(5), g CHAR(5) CHARACTER SET utf8mb3, h MEDIUMTEXT, i DECIMAL(3));

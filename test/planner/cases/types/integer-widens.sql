-- The next larger integer.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_integer_widens (id INT PRIMARY KEY, a TINYINT, b SMALLINT, c MEDIUMINT, d INT);
-- to
CREATE TABLE types_integer_widens (id INT PRIMARY KEY, a SMALLINT, b MEDIUMINT, c INT, d BIGINT);

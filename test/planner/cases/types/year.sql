-- A year as a number.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_year (id INT PRIMARY KEY, a YEAR);
-- to
CREATE TABLE types_year (id INT PRIMARY KEY, a SMALLINT);

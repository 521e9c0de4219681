-- More digits on both sides of the point.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_decimal (id INT PRIMARY KEY, a DECIMAL(5,2));
-- to
CREATE TABLE types_decimal (id INT PRIMARY KEY, a DECIMAL(10,4));

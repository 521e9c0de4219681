-- What is behind the point is lost.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_double_to_integer (id INT PRIMARY KEY, a DOUBLE);
-- to
CREATE TABLE types_double_to_integer (id INT PRIMARY KEY, a BIGINT);

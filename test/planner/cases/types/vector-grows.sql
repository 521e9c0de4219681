-- A longer vector.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_vector_grows (id INT PRIMARY KEY, v VECTOR(3));
-- to
CREATE TABLE types_vector_grows (id INT PRIMARY KEY, v VECTOR(2048));

-- A longer vector.
-- forth: blocked vector-column narrows-type
-- back: blocked vector-column narrows-type
-- from
CREATE TABLE types_vector_grows (id INT PRIMARY KEY, v VECTOR(3));
-- to
CREATE TABLE types_vector_grows (id INT PRIMARY KEY, v VECTOR(2048));

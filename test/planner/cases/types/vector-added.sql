-- A vector is metadata until there are some.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE types_vector_added (id INT PRIMARY KEY);
-- to
CREATE TABLE types_vector_added (id INT PRIMARY KEY, v VECTOR(3));

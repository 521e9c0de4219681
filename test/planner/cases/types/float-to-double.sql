-- A DOUBLE holds every FLOAT.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_float_to_double (id INT PRIMARY KEY, a FLOAT);
-- to
CREATE TABLE types_float_to_double (id INT PRIMARY KEY, a DOUBLE);

-- FLOAT(M,D) rounds.
-- forth: instant safe
-- back: instant unsafe narrows-type
-- from
CREATE TABLE types_float_with_digits (id INT PRIMARY KEY, a FLOAT(7,2), b DOUBLE(9,3));
-- to
CREATE TABLE types_float_with_digits (id INT PRIMARY KEY, a FLOAT, b DOUBLE);

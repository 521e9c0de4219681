-- Approximate and exact numbers.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_double_to_decimal (id INT PRIMARY KEY, a DOUBLE);
-- to
CREATE TABLE types_double_to_decimal (id INT PRIMARY KEY, a DECIMAL(30,10));

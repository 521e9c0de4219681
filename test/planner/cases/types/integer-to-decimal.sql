-- Ten digits hold an INT.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_integer_to_decimal (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE types_integer_to_decimal (id INT PRIMARY KEY, a DECIMAL(10,0));

-- Fractions of seconds.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_fractions (id INT PRIMARY KEY, a TIME, b DATETIME(3), c TIMESTAMP(2) NULL);
-- to
CREATE TABLE types_fractions (id INT PRIMARY KEY, a TIME(6), b DATETIME(6), c TIMESTAMP(6) NULL);

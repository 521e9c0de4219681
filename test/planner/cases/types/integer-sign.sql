-- Signs come and go.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_integer_sign (id INT PRIMARY KEY, a INT, b BIGINT);
-- to
CREATE TABLE types_integer_sign (id INT PRIMARY KEY, a INT UNSIGNED, b BIGINT UNSIGNED);

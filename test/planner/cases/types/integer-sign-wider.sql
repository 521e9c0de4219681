-- A wider signed integer holds every unsigned one.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_integer_sign_wider (id INT PRIMARY KEY, a INT UNSIGNED);
-- to
CREATE TABLE types_integer_sign_wider (id INT PRIMARY KEY, a BIGINT);

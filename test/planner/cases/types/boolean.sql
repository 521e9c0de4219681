-- A boolean is a TINYINT(1), whose width is kept.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE types_boolean (id INT PRIMARY KEY, a TINYINT);
-- to
CREATE TABLE types_boolean (id INT PRIMARY KEY, a BOOLEAN);

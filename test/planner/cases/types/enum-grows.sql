-- Members are added at the end.
-- forth: instant safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_enum_grows (id INT PRIMARY KEY, a ENUM('x','y,z'));
-- to
CREATE TABLE types_enum_grows (id INT PRIMARY KEY, a ENUM('x','y,z','it''s'));

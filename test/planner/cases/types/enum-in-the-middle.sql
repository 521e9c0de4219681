-- Members would get other numbers.
-- forth: blocked enum-reorder
-- back: blocked enum-reorder narrows-type
-- from
CREATE TABLE types_enum_in_the_middle (id INT PRIMARY KEY, a ENUM('a','c'));
-- to
CREATE TABLE types_enum_in_the_middle (id INT PRIMARY KEY, a ENUM('a','b','c'));

-- Numbers mean something else.
-- forth: blocked enum-reorder narrows-type
-- back: blocked enum-reorder narrows-type
-- from
CREATE TABLE types_enum_to_set (id INT PRIMARY KEY, a ENUM('a','b'));
-- to
CREATE TABLE types_enum_to_set (id INT PRIMARY KEY, a SET('a','b'));

-- The member's text.
-- forth: blocked enum-reorder narrows-type
-- back: blocked enum-reorder narrows-type
-- from
CREATE TABLE types_enum_to_varchar (id INT PRIMARY KEY, a ENUM('a','b'));
-- to
CREATE TABLE types_enum_to_varchar (id INT PRIMARY KEY, a VARCHAR(5));

-- One member under another name.
-- forth: blocked enum-reorder narrows-type
-- back: blocked enum-reorder narrows-type
-- from
CREATE TABLE types_enum_renames_a_member (id INT PRIMARY KEY, a ENUM('a','b'));
-- to
CREATE TABLE types_enum_renames_a_member (id INT PRIMARY KEY, a ENUM('a','c'));

-- BINARY fills with zero bytes.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_binary_grows (id INT PRIMARY KEY, a BINARY(3));
-- to
CREATE TABLE types_binary_grows (id INT PRIMARY KEY, a BINARY(5));

-- Nothing is added or taken.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_binary_to_varbinary (id INT PRIMARY KEY, a BINARY(3));
-- to
CREATE TABLE types_binary_to_varbinary (id INT PRIMARY KEY, a VARBINARY(3));

-- A BLOB holds every VARBINARY of its size.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_varbinary_to_blob (id INT PRIMARY KEY, a VARBINARY(300));
-- to
CREATE TABLE types_varbinary_to_blob (id INT PRIMARY KEY, a BLOB);

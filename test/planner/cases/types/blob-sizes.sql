-- Each blob in a larger one.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_blob_sizes (id INT PRIMARY KEY, a TINYBLOB, b BLOB, c MEDIUMBLOB);
-- to
CREATE TABLE types_blob_sizes (id INT PRIMARY KEY, a BLOB, b MEDIUMBLOB, c LONGBLOB);

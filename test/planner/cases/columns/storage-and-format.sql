-- Words that InnoDB keeps and ignores.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE columns_storage_and_format (id INT PRIMARY KEY, a INT STORAGE MEMORY, b INT COLUMN_FORMAT FIXED);
-- to
CREATE TABLE columns_storage_and_format (id INT PRIMARY KEY, a INT, b INT);

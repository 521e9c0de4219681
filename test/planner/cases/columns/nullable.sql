-- A column that may be null, or not.
-- forth: copy unsafe adds-not-null
-- back: copy safe
-- from
CREATE TABLE columns_nullable (id INT PRIMARY KEY, a INT NULL);
-- to
CREATE TABLE columns_nullable (id INT PRIMARY KEY, a INT NOT NULL);

-- A comment that holds what looks like a definition.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE columns_comment (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE columns_comment (id INT PRIMARY KEY, a INT COMMENT 'NOT NULL DEFAULT 3, GENERATED ALWAYS AS (1) STORED');

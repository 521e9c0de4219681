-- Type, null, default, comment, visibility and place of one column.
-- forth: copy unsafe narrows-type adds-not-null
-- back: copy unsafe narrows-type
-- from
CREATE TABLE columns_everything_at_once (id INT PRIMARY KEY, a INT, b INT);
-- to
CREATE TABLE columns_everything_at_once (id INT PRIMARY KEY, b INT, a BIGINT UNSIGNED NOT NULL DEFAULT 7 COMMENT 'x' INVISIBLE);

-- Columns named as what begins other lines.
-- forth: copy safe
-- back: copy unsafe drops-column narrows-type
-- from
CREATE TABLE identifiers_columns_that_look_like_items (`PRIMARY KEY` INT PRIMARY KEY, `CONSTRAINT` INT);
-- to
CREATE TABLE identifiers_columns_that_look_like_items (`PRIMARY KEY` INT PRIMARY KEY, `CONSTRAINT` BIGINT, `KEY ``x`` (a)` INT, `) ENGINE=` INT);

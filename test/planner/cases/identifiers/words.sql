-- Names that are words of SQL.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE `table` (`primary` INT PRIMARY KEY, `key` INT);
-- to
CREATE TABLE `table` (`primary` INT PRIMARY KEY, `key` INT, `constraint` INT, `check` BIGINT, `partition` INT, KEY `unique` (`key`), UNIQUE KEY `fulltext` (`check`));

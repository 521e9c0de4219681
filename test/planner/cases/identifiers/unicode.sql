-- Names in other scripts.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE `таблица` (`ид` INT PRIMARY KEY);
-- to
CREATE TABLE `таблица` (`ид` INT PRIMARY KEY, `名前` VARCHAR(9), `ñ` INT, KEY `ключ` (`名前`));

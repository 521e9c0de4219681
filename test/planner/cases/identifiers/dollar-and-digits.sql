-- Names that need no quotes, but for some servers.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE `1t$` (id INT PRIMARY KEY);
-- to
CREATE TABLE `1t$` (id INT PRIMARY KEY, `2` INT, a$b INT, KEY `3` (`2`));

-- Names with backticks, quotes, spaces and parentheses.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE `we``ird 't` (`i d` INT PRIMARY KEY);
-- to
CREATE TABLE `we``ird 't` (`i d` INT PRIMARY KEY, `sélect``x` INT, `a, (b)` INT, KEY `k, (1)` (`sélect``x`, `a, (b)`));

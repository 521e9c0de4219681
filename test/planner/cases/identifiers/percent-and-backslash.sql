-- What might be taken for a pattern or an escape.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE `a%b_c` (id INT PRIMARY KEY);
-- to
CREATE TABLE `a%b_c` (id INT PRIMARY KEY, `x%s` INT, `y\` INT, `z\n` INT, KEY `k\` (`y\`));

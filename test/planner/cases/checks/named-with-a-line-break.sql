-- A name that the shadow cannot have, with a line break in it.
-- forth: blocked check
-- back: blocked check narrows-type
-- from
CREATE TABLE `checks_line
breaks` (`id
) ENGINE=x` INT NOT NULL PRIMARY KEY, `a
  KEY b` INT, KEY `k
x` (`a
  KEY b`), CONSTRAINT `checks_line
breaks c x` CHECK (`a
  KEY b` <> 'x
y'));
-- to
CREATE TABLE `checks_line
breaks` (`id
) ENGINE=x` BIGINT NOT NULL PRIMARY KEY, `a
  KEY b` INT, KEY `k
x` (`a
  KEY b`), CONSTRAINT `checks_line
breaks c x` CHECK (`a
  KEY b` <> 'x
y'));

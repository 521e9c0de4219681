-- Names with line breaks, one of which looks like the end of the columns.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE `identifiers_line
breaks` (`id
) ENGINE=x` INT NOT NULL PRIMARY KEY, `a
  KEY b` INT, KEY `k
x` (`a
  KEY b`), CHECK (`a
  KEY b` <> 'x
y'));
-- to
CREATE TABLE `identifiers_line
breaks` (`id
) ENGINE=x` BIGINT NOT NULL PRIMARY KEY, `a
  KEY b` INT, KEY `k
x` (`a
  KEY b`), CHECK (`a
  KEY b` <> 'x
y'));

-- After an ALTER, the server writes literals in the charset of their column, and years in four digits.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE checks_literals (id INT NOT NULL PRIMARY KEY, s VARCHAR(9) CHARACTER SET latin1, y YEAR, CHECK (s <> 'é'), CHECK (y > 27));
-- to
CREATE TABLE checks_literals (id BIGINT NOT NULL PRIMARY KEY, s VARCHAR(9) CHARACTER SET latin1, y YEAR, CHECK (s <> 'é'), CHECK (y > 27));

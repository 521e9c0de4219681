-- A default that is another one each time, for a new column: 1674.
-- forth: blocked random-default
-- back: instant unsafe drops-column
-- from
CREATE TABLE defaults_add_with_random (id INT NOT NULL PRIMARY KEY);
-- to
CREATE TABLE defaults_add_with_random (id INT NOT NULL PRIMARY KEY, u CHAR(36) DEFAULT (UUID()));

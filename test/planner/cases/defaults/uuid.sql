-- An expression that is another one each time: a new column would differ on every server.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_uuid (id INT PRIMARY KEY, a CHAR(36));
-- to
CREATE TABLE defaults_uuid (id INT PRIMARY KEY, a CHAR(36) DEFAULT (UUID()));

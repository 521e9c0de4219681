-- The server does not drop it at once (3507), although it would choose to.
-- forth: copy unsafe drops-column
-- back: instant safe
-- from
CREATE TABLE columns_drop_long (id INT NOT NULL PRIMARY KEY, `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé` INT);
-- to
CREATE TABLE columns_drop_long (id INT NOT NULL PRIMARY KEY);

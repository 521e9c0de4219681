-- SERIAL is a type with a key.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE types_serial (id INT PRIMARY KEY);
-- to
CREATE TABLE types_serial (id INT PRIMARY KEY, s SERIAL);

-- A new JSON column.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE types_json (id INT PRIMARY KEY);
-- to
CREATE TABLE types_json (id INT PRIMARY KEY, j JSON);

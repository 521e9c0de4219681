-- Midnight is added, and lost on the way back.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_date_to_datetime (id INT PRIMARY KEY, a DATE);
-- to
CREATE TABLE types_date_to_datetime (id INT PRIMARY KEY, a DATETIME);

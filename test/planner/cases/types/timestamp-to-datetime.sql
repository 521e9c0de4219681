-- A conversion that depends on the time zone.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_timestamp_to_datetime (id INT PRIMARY KEY, a TIMESTAMP NULL);
-- to
CREATE TABLE types_timestamp_to_datetime (id INT PRIMARY KEY, a DATETIME);

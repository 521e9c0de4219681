-- The length needs two bytes now, so that rows change.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_varchar_grows_over_a_byte (id INT PRIMARY KEY, a VARCHAR(63));
-- to
CREATE TABLE types_varchar_grows_over_a_byte (id INT PRIMARY KEY, a VARCHAR(64));

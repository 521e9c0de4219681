-- The length needs two bytes before and after.
-- forth: inplace safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_varchar_long_grows_in_place (id INT PRIMARY KEY, a VARCHAR(64));
-- to
CREATE TABLE types_varchar_long_grows_in_place (id INT PRIMARY KEY, a VARCHAR(500));

-- The length still fits one byte.
-- forth: inplace safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_varchar_grows_in_place (id INT PRIMARY KEY, a VARCHAR(10));
-- to
CREATE TABLE types_varchar_grows_in_place (id INT PRIMARY KEY, a VARCHAR(63));

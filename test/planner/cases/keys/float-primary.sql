-- A key over numbers that are not exact.
-- forth: blocked no-tracked-key
-- back: blocked no-tracked-key narrows-type
-- from
CREATE TABLE keys_float_primary (id FLOAT PRIMARY KEY, a INT);
-- to
CREATE TABLE keys_float_primary (id FLOAT PRIMARY KEY, a BIGINT);

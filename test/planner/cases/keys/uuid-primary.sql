-- A binary key beside which a column changes.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE keys_uuid_primary (id BINARY(16) PRIMARY KEY, a INT);
-- to
CREATE TABLE keys_uuid_primary (id BINARY(16) PRIMARY KEY, a BIGINT);

-- A primary key over the beginning of a text.
-- forth: blocked tracked-key-changes
-- back: blocked no-tracked-key
-- from
CREATE TABLE keys_prefix_primary (id VARCHAR(50) NOT NULL, PRIMARY KEY (id));
-- to
CREATE TABLE keys_prefix_primary (id VARCHAR(50) NOT NULL, PRIMARY KEY (id(20)));

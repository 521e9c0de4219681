-- A table by which no row can be followed.
-- forth: blocked no-tracked-key
-- back: blocked tracked-key-changes drops-primary-key
-- from
CREATE TABLE keys_add_primary_to_none (id INT NOT NULL);
-- to
CREATE TABLE keys_add_primary_to_none (id INT NOT NULL, PRIMARY KEY (id));

-- A unique key becomes the primary one.
-- forth: copy unsafe drops-visible-index
-- back: copy unsafe drops-primary-key
-- from
CREATE TABLE keys_unique_to_primary (id INT NOT NULL, UNIQUE KEY id (id));
-- to
CREATE TABLE keys_unique_to_primary (id INT NOT NULL, PRIMARY KEY (id));

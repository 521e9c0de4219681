-- A column of the key goes.
-- forth: blocked tracked-key-changes drops-column
-- back: copy safe
-- from
CREATE TABLE keys_drop_key_column (id INT NOT NULL, a INT NOT NULL, PRIMARY KEY (id, a));
-- to
CREATE TABLE keys_drop_key_column (id INT NOT NULL, PRIMARY KEY (id));

-- The primary key over one more column.
-- forth: copy safe
-- back: blocked tracked-key-changes
-- from
CREATE TABLE keys_add_column_to_primary (id INT NOT NULL, a INT NOT NULL, PRIMARY KEY (id));
-- to
CREATE TABLE keys_add_column_to_primary (id INT NOT NULL, a INT NOT NULL, PRIMARY KEY (id, a));

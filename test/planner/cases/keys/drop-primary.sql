-- The primary key goes, a unique key stays.
-- forth: copy unsafe drops-primary-key
-- back: copy safe
-- from
CREATE TABLE keys_drop_primary (id INT NOT NULL, u INT NOT NULL, PRIMARY KEY (id), UNIQUE KEY u (u));
-- to
CREATE TABLE keys_drop_primary (id INT NOT NULL, u INT NOT NULL, UNIQUE KEY u (u));

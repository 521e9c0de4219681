-- The primary key the other way round.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE keys_descending_primary (id INT NOT NULL, PRIMARY KEY (id));
-- to
CREATE TABLE keys_descending_primary (id INT NOT NULL, PRIMARY KEY (id DESC));

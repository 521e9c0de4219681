-- Another primary key, with an index on the old one.
-- forth: copy unsafe drops-visible-index
-- back: copy unsafe drops-visible-index
-- from
CREATE TABLE keys_another_primary (id INT NOT NULL AUTO_INCREMENT, u BINARY(16) NOT NULL, PRIMARY KEY (id), UNIQUE KEY u (u));
-- to
CREATE TABLE keys_another_primary (id INT NOT NULL AUTO_INCREMENT, u BINARY(16) NOT NULL, PRIMARY KEY (u), KEY id (id));

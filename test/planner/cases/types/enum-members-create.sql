-- A new table with such a member would get another one. A question mark is a member as any other.
-- forth: types_enum_members_create: create blocked hidden-members; types_enum_members_mark: copy safe
-- back: types_enum_members_mark: copy unsafe narrows-type; types_enum_members_create: drop direct unsafe drops-table
-- from
CREATE TABLE types_enum_members_mark (id INT NOT NULL, e ENUM('?', 'b') NOT NULL, n INT, PRIMARY KEY (id));
-- to
CREATE TABLE types_enum_members_create (id INT NOT NULL, e SET('b', '🚀') NOT NULL, PRIMARY KEY (id));
CREATE TABLE types_enum_members_mark (id INT NOT NULL, e ENUM('?', 'b', 'c') NOT NULL, n BIGINT, PRIMARY KEY (id));

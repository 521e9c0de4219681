-- The server shows a question mark for such a character; with what it shows, the member would become one.
-- forth: blocked hidden-members
-- back: blocked hidden-members
-- from
CREATE TABLE types_enum_members_of_four_bytes (id INT NOT NULL, e ENUM('🚀', 'b') NOT NULL, PRIMARY KEY (id));
-- to
CREATE TABLE types_enum_members_of_four_bytes (id INT NOT NULL, e ENUM('🚀', 'b', 'c') NOT NULL, PRIMARY KEY (id));

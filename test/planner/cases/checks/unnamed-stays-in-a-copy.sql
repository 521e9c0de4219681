-- Names that the server gives follow the table.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE checks_unnamed_stays_in_a_copy (id INT PRIMARY KEY, k INT, CHECK (id > 0));
INSERT INTO checks_unnamed_stays_in_a_copy VALUES (1, 9);
-- to
CREATE TABLE checks_unnamed_stays_in_a_copy (id INT PRIMARY KEY, k BIGINT, CHECK (id > 0));
INSERT INTO checks_unnamed_stays_in_a_copy VALUES (1, 9);

-- A dropped and an added column of one type at one place: a rename, perhaps.
-- forth: instant unsafe drops-column
-- back: instant unsafe drops-column
-- from
CREATE TABLE traps_drop_and_add_with_same_place (id INT PRIMARY KEY, old_name VARCHAR(20), z INT);
-- to
CREATE TABLE traps_drop_and_add_with_same_place (id INT PRIMARY KEY, new_name VARCHAR(20), z INT);

-- RENAME KEY and ALTER INDEX of one key in one statement: 1176.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_rename_and_alter_index (id INT PRIMARY KEY, a INT, KEY old_name (a));
-- to
CREATE TABLE traps_rename_and_alter_index (id INT PRIMARY KEY, a INT, KEY new_name (a) INVISIBLE);

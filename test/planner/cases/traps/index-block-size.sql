-- A table's block size leaves the old one with its indexes, where InnoDB does not look at it.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_index_block_size (id INT PRIMARY KEY, a INT, KEY a (a)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
-- to
CREATE TABLE traps_index_block_size (id INT PRIMARY KEY, a INT, KEY a (a)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;

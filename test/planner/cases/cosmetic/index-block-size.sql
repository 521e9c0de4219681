-- DROP KEY, ADD KEY that changes only the block size does nothing.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE cosmetic_index_block_size (id INT PRIMARY KEY, a INT, KEY a (a)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
-- to
CREATE TABLE cosmetic_index_block_size (id INT PRIMARY KEY, a INT, KEY a (a) KEY_BLOCK_SIZE=4) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;

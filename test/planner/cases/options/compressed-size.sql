-- Pages of another size.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_compressed_size (id INT PRIMARY KEY) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;
-- to
CREATE TABLE options_compressed_size (id INT PRIMARY KEY) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;

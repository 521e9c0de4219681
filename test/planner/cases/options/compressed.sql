-- Compressed pages.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_compressed (id INT PRIMARY KEY);
-- to
CREATE TABLE options_compressed (id INT PRIMARY KEY) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;

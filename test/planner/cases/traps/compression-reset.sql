-- COMPRESSION='' takes it back.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE traps_compression_reset (id INT PRIMARY KEY) COMPRESSION='lz4';
-- to
CREATE TABLE traps_compression_reset (id INT PRIMARY KEY);

-- Hints that InnoDB keeps and ignores.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_rows (id INT PRIMARY KEY);
-- to
CREATE TABLE options_rows (id INT PRIMARY KEY) AVG_ROW_LENGTH=50 MAX_ROWS=1000 MIN_ROWS=10 CHECKSUM=1 DELAY_KEY_WRITE=1 PACK_KEYS=1;

-- A key in a charset that the binlog reader does not read exactly.
-- forth: blocked no-tracked-key
-- back: blocked no-tracked-key narrows-type
-- from
CREATE TABLE keys_gbk_key (id VARCHAR(9) CHARACTER SET gbk PRIMARY KEY, a INT);
-- to
CREATE TABLE keys_gbk_key (id VARCHAR(9) CHARACTER SET gbk PRIMARY KEY, a BIGINT);

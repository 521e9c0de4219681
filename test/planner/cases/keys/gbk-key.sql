-- A key in a charset of two bytes.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE keys_gbk_key (id VARCHAR(9) CHARACTER SET gbk PRIMARY KEY, a INT);
-- to
CREATE TABLE keys_gbk_key (id VARCHAR(9) CHARACTER SET gbk PRIMARY KEY, a BIGINT);

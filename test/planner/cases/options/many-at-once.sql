-- Several options together.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_many_at_once (id INT PRIMARY KEY) ROW_FORMAT=COMPACT STATS_PERSISTENT=0 COMMENT='x';
-- to
CREATE TABLE options_many_at_once (id INT PRIMARY KEY) STATS_SAMPLE_PAGES=30 MAX_ROWS=5;

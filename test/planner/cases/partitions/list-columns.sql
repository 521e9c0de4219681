-- By lists of texts.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE partitions_list_columns (id VARCHAR(9) PRIMARY KEY);
-- to
CREATE TABLE partitions_list_columns (id VARCHAR(9) PRIMARY KEY) PARTITION BY LIST COLUMNS (id) (PARTITION p0 VALUES IN ('', 'a', 'it''s'), PARTITION p1 VALUES IN ('🚀'));

-- Another format of rows.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_row_format (id INT PRIMARY KEY) ROW_FORMAT=COMPACT;
-- to
CREATE TABLE options_row_format (id INT PRIMARY KEY) ROW_FORMAT=DYNAMIC;

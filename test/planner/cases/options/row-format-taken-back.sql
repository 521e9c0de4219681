-- The format of rows is the server's choice again.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_row_format_taken_back (id INT PRIMARY KEY) ROW_FORMAT=REDUNDANT;
-- to
CREATE TABLE options_row_format_taken_back (id INT PRIMARY KEY);

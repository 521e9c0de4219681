-- Pages compressed by the file system.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_page_compression (id INT PRIMARY KEY);
-- to
CREATE TABLE options_page_compression (id INT PRIMARY KEY) COMPRESSION='zlib';

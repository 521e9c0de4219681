-- By how much the file grows.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_autoextend (id INT PRIMARY KEY);
-- to
CREATE TABLE options_autoextend (id INT PRIMARY KEY) AUTOEXTEND_SIZE=4M;

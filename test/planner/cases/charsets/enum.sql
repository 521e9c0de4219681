-- Members in another charset.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_enum (id INT PRIMARY KEY, a ENUM('a','é')) CHARSET=latin1;
-- to
CREATE TABLE charsets_enum (id INT PRIMARY KEY, a ENUM('a','é')) CHARSET=utf8mb4;

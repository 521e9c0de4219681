-- A name of 50 characters, as long as a file's name may be.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE `漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢` (id INT PRIMARY KEY, k INT);
-- to
CREATE TABLE `漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢` (id INT PRIMARY KEY, k BIGINT);

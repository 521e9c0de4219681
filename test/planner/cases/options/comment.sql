-- A table with a comment.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE options_comment (id INT PRIMARY KEY);
-- to
CREATE TABLE options_comment (id INT PRIMARY KEY) COMMENT='a = b, ''c'' ENGINE=MyISAM 🚀';

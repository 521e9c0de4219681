-- A comment that looks like the counter is a comment.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE options_comment_with_counter (id INT NOT NULL PRIMARY KEY) COMMENT='x AUTO_INCREMENT=5';
-- to
CREATE TABLE options_comment_with_counter (id INT NOT NULL PRIMARY KEY) COMMENT='x AUTO_INCREMENT=6';

-- The primary key with a comment.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE keys_comment_on_primary (id INT NOT NULL, PRIMARY KEY (id));
-- to
CREATE TABLE keys_comment_on_primary (id INT NOT NULL, PRIMARY KEY (id) COMMENT 'x');

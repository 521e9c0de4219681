-- What a driver might take for a placeholder.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE columns_comment_with_question_mark (id INT PRIMARY KEY, a INT COMMENT '?');
-- to
CREATE TABLE columns_comment_with_question_mark (id INT PRIMARY KEY, a INT COMMENT ':a ? ?? %s');

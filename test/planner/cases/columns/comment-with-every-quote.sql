-- Quotes, backslashes, parentheses, a new line, a picture.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE columns_comment_with_every_quote (id INT PRIMARY KEY, a INT);
-- to
CREATE TABLE columns_comment_with_every_quote (id INT PRIMARY KEY COMMENT 'it''s "x", (y) `z` \\ 
🚀', a INT COMMENT 'tab	; -- no comment /* nor this */ # nor that');

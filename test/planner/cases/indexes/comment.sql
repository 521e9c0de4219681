-- An index with another comment.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE indexes_comment (id INT PRIMARY KEY, a INT, KEY a (a));
-- to
CREATE TABLE indexes_comment (id INT PRIMARY KEY, a INT, KEY a (a) COMMENT 'it''s /*!80000 INVISIBLE */ (b)');

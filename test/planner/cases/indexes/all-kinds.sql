-- Indexes of every kind at once.
-- forth: copy safe
-- back: copy unsafe drops-visible-index
-- from
CREATE TABLE indexes_all_kinds (id INT PRIMARY KEY, a INT, b VARCHAR(50), KEY a (a), UNIQUE KEY u (b));
-- to
CREATE TABLE indexes_all_kinds (id INT PRIMARY KEY, a INT, b VARCHAR(50), KEY a (a, b), UNIQUE KEY u (b, a), KEY p (b(10)), KEY d (a DESC), KEY f ((LOWER(b))), FULLTEXT KEY ft (b));

-- A TEXT holds every VARCHAR of its size.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_varchar_to_text (id INT PRIMARY KEY, a VARCHAR(300));
-- to
CREATE TABLE types_varchar_to_text (id INT PRIMARY KEY, a TEXT);

-- Each text in a larger one.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_text_sizes (id INT PRIMARY KEY, a TINYTEXT, b TEXT, c MEDIUMTEXT);
-- to
CREATE TABLE types_text_sizes (id INT PRIMARY KEY, a TEXT, b MEDIUMTEXT, c LONGTEXT);

-- Texts and JSON have expressions only.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_expression_of_text (id INT PRIMARY KEY, a TEXT, j JSON, b BLOB, g POINT);
-- to
CREATE TABLE defaults_expression_of_text (id INT PRIMARY KEY, a TEXT DEFAULT ('x'), j JSON DEFAULT (JSON_ARRAY()), b BLOB DEFAULT (0x01), g POINT DEFAULT (POINT(0, 0)));

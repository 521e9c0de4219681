-- ZEROFILL is unsigned, and shows a width.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE types_zerofill (id INT PRIMARY KEY, a INT UNSIGNED);
-- to
CREATE TABLE types_zerofill (id INT PRIMARY KEY, a INT(5) ZEROFILL);

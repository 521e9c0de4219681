-- Members are added at the end, in the same bytes.
-- forth: instant safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_set_grows (id INT PRIMARY KEY, a SET('p'));
-- to
CREATE TABLE types_set_grows (id INT PRIMARY KEY, a SET('p','q'));

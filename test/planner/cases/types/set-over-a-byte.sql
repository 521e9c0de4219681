-- The ninth member needs another byte.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_set_over_a_byte (id INT PRIMARY KEY, a SET('a','b','c','d','e','f','g','h'));
-- to
CREATE TABLE types_set_over_a_byte (id INT PRIMARY KEY, a SET('a','b','c','d','e','f','g','h','i'));

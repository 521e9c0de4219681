-- A CHAR has no spaces at its end.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_char_to_varchar (id INT PRIMARY KEY, a CHAR(10));
-- to
CREATE TABLE types_char_to_varchar (id INT PRIMARY KEY, a VARCHAR(10));

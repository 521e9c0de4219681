-- ASCII is part of most others.
-- forth: copy safe
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_ascii (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET ascii);
-- to
CREATE TABLE charsets_ascii (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET latin1);

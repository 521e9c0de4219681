-- Quotes, parentheses, backslashes, commas and words in members.
-- forth: instant safe
-- back: copy unsafe drops-column narrows-type
-- from
CREATE TABLE types_enum_members_with_anything (id INT PRIMARY KEY, a ENUM('a)','b''','c\\'));
-- to
CREATE TABLE types_enum_members_with_anything (id INT PRIMARY KEY, a ENUM('a)','b''','c\\','語 NOT NULL, DEFAULT'), b INT);

-- Quotes, parentheses, backslashes, commas and pictures in members.
-- forth: instant safe
-- back: copy unsafe drops-column narrows-type
-- from
CREATE TABLE types_enum_members_with_anything (id INT PRIMARY KEY, a ENUM('a)','b''','c\\'));
-- to
CREATE TABLE types_enum_members_with_anything (id INT PRIMARY KEY, a ENUM('a)','b''','c\\','🚀 NOT NULL, DEFAULT'), b INT);

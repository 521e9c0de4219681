-- Charsets of two and four bytes a character.
-- forth: copy unsafe converts-charset
-- back: copy unsafe converts-charset
-- from
CREATE TABLE charsets_wide (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET ucs2, b VARCHAR(10) CHARACTER SET utf16);
-- to
CREATE TABLE charsets_wide (id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET utf16le, b VARCHAR(10) CHARACTER SET utf32);

-- Bytes of a text, and texts of bytes.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_text_to_binary (id INT PRIMARY KEY, a VARCHAR(10));
-- to
CREATE TABLE types_text_to_binary (id INT PRIMARY KEY, a VARBINARY(40));

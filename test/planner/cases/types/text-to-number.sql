-- Not every text is a number.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_text_to_number (id INT PRIMARY KEY, a VARCHAR(10));
-- to
CREATE TABLE types_text_to_number (id INT PRIMARY KEY, a INT);

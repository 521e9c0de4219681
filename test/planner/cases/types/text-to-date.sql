-- Not every text is a date.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_text_to_date (id INT PRIMARY KEY, a VARCHAR(30));
-- to
CREATE TABLE types_text_to_date (id INT PRIMARY KEY, a DATE);

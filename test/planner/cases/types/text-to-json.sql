-- Not every text is JSON.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_text_to_json (id INT PRIMARY KEY, a TEXT);
-- to
CREATE TABLE types_text_to_json (id INT PRIMARY KEY, a JSON);

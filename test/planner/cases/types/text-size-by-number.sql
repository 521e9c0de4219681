-- TEXT(n) is the smallest type that holds n characters.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_text_size_by_number (id INT PRIMARY KEY, a TEXT(50), b BLOB(70000));
-- to
CREATE TABLE types_text_size_by_number (id INT PRIMARY KEY, a TEXT(70000), b BLOB(50));

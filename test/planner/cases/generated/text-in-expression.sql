-- An expression with quotes, words and a picture in it.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE generated_text_in_expression (id INT PRIMARY KEY, a VARCHAR(9));
-- to
CREATE TABLE generated_text_in_expression (id INT PRIMARY KEY, a VARCHAR(9), v VARCHAR(90) AS (CONCAT(a, ' STORED NOT NULL, ''🚀`)')) VIRTUAL);

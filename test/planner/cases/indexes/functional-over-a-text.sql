-- An expression that holds commas, quotes, parentheses and a picture.
-- forth: copy safe
-- back: inplace unsafe drops-visible-index
-- from
CREATE TABLE indexes_functional_over_a_text (id INT PRIMARY KEY, a VARCHAR(50));
-- to
CREATE TABLE indexes_functional_over_a_text (id INT PRIMARY KEY, a VARCHAR(50), KEY f ((CONCAT(a, ',`)''🚀', 'x'))));

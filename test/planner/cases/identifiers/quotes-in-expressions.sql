-- Such names in expressions.
-- forth: copy safe
-- back: copy unsafe drops-visible-index
-- from
CREATE TABLE identifiers_quotes_in_expressions (id INT PRIMARY KEY, `a``b` INT);
-- to
CREATE TABLE identifiers_quotes_in_expressions (id INT PRIMARY KEY, `a``b` INT, `v,w` INT AS (`a``b` + 1), KEY f ((`a``b` * 2)));

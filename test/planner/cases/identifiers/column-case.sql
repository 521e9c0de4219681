-- A column in other letters.
-- forth: instant unsafe renames-column
-- back: instant unsafe renames-column
-- from
CREATE TABLE identifiers_column_case (id INT PRIMARY KEY, abc INT, KEY abc (abc));
-- to
CREATE TABLE identifiers_column_case (id INT PRIMARY KEY, ABC INT, KEY abc (ABC));

-- Written beside a column, it is the table's all the same.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE checks_on_column (id INT PRIMARY KEY, k INT CHECK (k > 0));
INSERT INTO checks_on_column VALUES (1, 1);
-- to
CREATE TABLE checks_on_column (id INT PRIMARY KEY, k INT, CHECK (k > 0));
INSERT INTO checks_on_column VALUES (1, 1);

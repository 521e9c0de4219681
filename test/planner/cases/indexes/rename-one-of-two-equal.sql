-- Which of two equal indexes was renamed, nobody knows.
-- forth: copy unsafe drops-visible-index
-- back: copy unsafe drops-visible-index
-- from
CREATE TABLE indexes_rename_one_of_two_equal (id INT PRIMARY KEY, a INT, KEY x (a), KEY y (a));
-- to
CREATE TABLE indexes_rename_one_of_two_equal (id INT PRIMARY KEY, a INT, KEY z (a), KEY w (a));

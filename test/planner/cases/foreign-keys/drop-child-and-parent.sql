-- Both tables go: the child first.
-- forth: fk_y_child: drop direct unsafe drops-table-for-good; fk_x_parent: drop direct unsafe drops-table
-- back: fk_x_parent: create direct safe; fk_y_child: create direct safe
-- from
CREATE TABLE fk_keep (id INT PRIMARY KEY);
CREATE TABLE fk_x_parent (id INT PRIMARY KEY);
CREATE TABLE fk_y_child (id INT PRIMARY KEY, p INT, CONSTRAINT fk_xy1 FOREIGN KEY (p) REFERENCES fk_x_parent (id));
-- to
CREATE TABLE fk_keep (id INT PRIMARY KEY);

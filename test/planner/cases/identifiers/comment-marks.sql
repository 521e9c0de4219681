-- What might be taken for a comment.
-- forth: copy safe
-- back: copy unsafe drops-column narrows-type
-- from
CREATE TABLE identifiers_comment_marks (id INT PRIMARY KEY, `/* a */` INT);
-- to
CREATE TABLE identifiers_comment_marks (id INT PRIMARY KEY, `/* a */` BIGINT, `-- b` INT, `# c` INT, `;` INT);

-- The key of the table itself.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_key_widens (id INT AUTO_INCREMENT PRIMARY KEY);
-- to
CREATE TABLE types_key_widens (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY);

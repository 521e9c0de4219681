-- Bytes that are no text.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_binary_literal (id INT PRIMARY KEY, a VARBINARY(9) DEFAULT 'x');
-- to
CREATE TABLE defaults_binary_literal (id INT PRIMARY KEY, a VARBINARY(9) DEFAULT x'00ff27');

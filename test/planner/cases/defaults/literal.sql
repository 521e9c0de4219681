-- A literal of each kind.
-- forth: instant safe
-- back: instant safe
-- from
CREATE TABLE defaults_literal (id INT PRIMARY KEY, a INT, b VARCHAR(9), c DATE, d DECIMAL(5,2), e BIT(4), f BINARY(3), g ENUM('a','b'), h DOUBLE, i TIME, j YEAR);
-- to
CREATE TABLE defaults_literal (id INT PRIMARY KEY, a INT DEFAULT -1, b VARCHAR(9) DEFAULT 'it''s', c DATE DEFAULT '2020-01-01', d DECIMAL(5,2) DEFAULT 1, e BIT(4) DEFAULT b'11', f BINARY(3) DEFAULT 'ab', g ENUM('a','b') DEFAULT 'b', h DOUBLE DEFAULT 1e30, i TIME DEFAULT '10:00', j YEAR DEFAULT 2020);

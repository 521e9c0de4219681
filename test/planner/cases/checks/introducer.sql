-- A literal with its charset written out, or not.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE checks_introducer (id INT PRIMARY KEY, k VARCHAR(9), CONSTRAINT checks_introducer_c CHECK (k <> _utf8mb4'x'));
INSERT INTO checks_introducer VALUES (1, 'a');
-- to
CREATE TABLE checks_introducer (id INT PRIMARY KEY, k VARCHAR(9), CONSTRAINT checks_introducer_c CHECK (k <> 'x'));
INSERT INTO checks_introducer VALUES (1, 'a');

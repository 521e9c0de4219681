-- A condition with quotes, commas, words and a picture.
-- forth: copy safe
-- back: instant safe
-- from
CREATE TABLE checks_text_in_condition (id INT PRIMARY KEY, k VARCHAR(9));
INSERT INTO checks_text_in_condition VALUES (1, 'a');
-- to
CREATE TABLE checks_text_in_condition (id INT PRIMARY KEY, k VARCHAR(9), CONSTRAINT checks_text_in_condition_c CHECK (k IN ('a', 'it''s', ') NOT ENFORCED', '🚀')));
INSERT INTO checks_text_in_condition VALUES (1, 'a');

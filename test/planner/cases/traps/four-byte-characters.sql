-- Four-byte characters in expressions come back as question marks, unless they are read as bytes.
-- forth: blocked check
-- back: blocked check
-- from
CREATE TABLE traps_four_byte_characters (id INT PRIMARY KEY, a VARCHAR(9) DEFAULT (CONCAT('🚀')), CONSTRAINT traps_four_byte_characters_c CHECK (a <> '🚀'));
INSERT INTO traps_four_byte_characters VALUES (1, 'a');
-- to
CREATE TABLE traps_four_byte_characters (id INT PRIMARY KEY, a VARCHAR(9) DEFAULT (CONCAT('🎈')), CONSTRAINT traps_four_byte_characters_c CHECK (a <> '🎈'));
INSERT INTO traps_four_byte_characters VALUES (1, 'a');

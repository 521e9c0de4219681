-- Two conditions under each other's name.
-- forth: blocked check
-- back: blocked check
-- from
CREATE TABLE checks_two_change_places (id INT PRIMARY KEY, k INT, CONSTRAINT checks_two_change_places_c CHECK (k > 0), CONSTRAINT checks_two_change_places_d CHECK (id > 0));
INSERT INTO checks_two_change_places VALUES (1, 1);
-- to
CREATE TABLE checks_two_change_places (id INT PRIMARY KEY, k INT, CONSTRAINT checks_two_change_places_d CHECK (k > 0), CONSTRAINT checks_two_change_places_c CHECK (id > 0));
INSERT INTO checks_two_change_places VALUES (1, 1);

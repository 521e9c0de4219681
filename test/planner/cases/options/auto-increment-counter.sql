-- The counter is not part of the definition.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE options_auto_increment_counter (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT=100;
-- to
CREATE TABLE options_auto_increment_counter (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT=200;

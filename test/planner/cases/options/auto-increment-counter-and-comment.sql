-- The counter beside another option.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE options_auto_increment_counter_and_comment (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT=100;
-- to
CREATE TABLE options_auto_increment_counter_and_comment (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT=200 COMMENT='AUTO_INCREMENT=5';

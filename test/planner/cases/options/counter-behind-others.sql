-- The counter behind options that stand before the engine.
-- forth: nothing
-- back: nothing
-- from
CREATE TABLE options_counter_behind (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY) TABLESPACE=innodb_file_per_table AUTOEXTEND_SIZE=4M AUTO_INCREMENT=7;
-- to
CREATE TABLE options_counter_behind (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY) TABLESPACE=innodb_file_per_table AUTOEXTEND_SIZE=4M AUTO_INCREMENT=9;

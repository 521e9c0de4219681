-- Another engine.
-- forth: blocked engine
-- back: blocked engine
-- from
CREATE TABLE options_engine (id INT PRIMARY KEY) ENGINE=MyISAM;
-- to
CREATE TABLE options_engine (id INT PRIMARY KEY) ENGINE=InnoDB;

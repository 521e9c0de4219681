-- How the server counts.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE options_statistics (id INT PRIMARY KEY);
-- to
CREATE TABLE options_statistics (id INT PRIMARY KEY) STATS_PERSISTENT=0 STATS_AUTO_RECALC=1 STATS_SAMPLE_PAGES=30;

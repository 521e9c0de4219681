-- Other ways to count.
-- forth: inplace safe
-- back: inplace safe
-- from
CREATE TABLE options_statistics_changed (id INT PRIMARY KEY) STATS_PERSISTENT=1 STATS_SAMPLE_PAGES=10;
-- to
CREATE TABLE options_statistics_changed (id INT PRIMARY KEY) STATS_PERSISTENT=0 STATS_SAMPLE_PAGES=30;

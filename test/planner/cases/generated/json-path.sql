-- A value of a document, as its own column.
-- forth: copy safe
-- back: copy unsafe drops-visible-index
-- from
CREATE TABLE generated_json_path (id INT PRIMARY KEY, j JSON);
-- to
CREATE TABLE generated_json_path (id INT PRIMARY KEY, j JSON, v VARCHAR(50) AS (j->>'$.a') VIRTUAL, KEY v (v));

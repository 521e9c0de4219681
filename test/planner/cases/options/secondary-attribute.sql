-- A text for a secondary engine.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE options_secondary_attribute (id INT PRIMARY KEY);
-- to
CREATE TABLE options_secondary_attribute (id INT PRIMARY KEY) SECONDARY_ENGINE_ATTRIBUTE='{"a": 1}';

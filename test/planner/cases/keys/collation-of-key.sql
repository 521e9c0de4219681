-- Keys that differ now may be equal then.
-- forth: blocked tracked-key-changes changes-unique-collation
-- back: blocked tracked-key-changes changes-unique-collation
-- from
CREATE TABLE keys_collation_of_key (id VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY);
-- to
CREATE TABLE keys_collation_of_key (id VARCHAR(9) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY);

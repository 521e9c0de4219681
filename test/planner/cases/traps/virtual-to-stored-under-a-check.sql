-- A constraint over it would have to be dropped and added: 3959.
-- forth: blocked check
-- back: blocked check
-- from
CREATE TABLE traps_virtual_to_stored_with_dependent (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, w INT AS (v + 1), KEY f ((v * 2)), CHECK (v > 0));
-- to
CREATE TABLE traps_virtual_to_stored_with_dependent (id INT PRIMARY KEY, a INT, v INT AS (a + 1) STORED, w INT AS (v + 1), KEY f ((v * 2)), CHECK (v > 0));

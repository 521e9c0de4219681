-- The server keeps the lengths that the parts of the index had: 1089, or an index over the beginning of the text.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type computes-column
-- from
CREATE TABLE traps_lengths (id INT NOT NULL PRIMARY KEY, a INT, v INT AS (a), e INT AS (a) NOT NULL, KEY v (v DESC), KEY e (e));
-- to
CREATE TABLE traps_lengths (id INT NOT NULL PRIMARY KEY, a INT, v VARCHAR(20), e TINYINT NOT NULL, KEY v (v DESC), KEY e (e));

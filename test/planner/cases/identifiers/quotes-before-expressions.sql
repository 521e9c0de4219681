-- A quote in one name hides nothing of what stands behind it.
-- forth: copy safe
-- back: copy safe
-- from
CREATE TABLE identifiers_quotes_before (id INT NOT NULL PRIMARY KEY, `it's` INT, a INT AS (`it's` + 1), b INT AS (`it's` + `a`), `STORED` INT, c INT AS (`STORED`));
-- to
CREATE TABLE identifiers_quotes_before (id INT NOT NULL PRIMARY KEY, `it's` INT, a INT AS (`it's` + 1) STORED, b INT AS (`it's` + `a`), `STORED` INT, c INT AS (`STORED`));

-- A reference system that every value has to have.
-- forth: copy unsafe changes-srid
-- back: instant safe
-- from
CREATE TABLE types_spatial_reference (id INT PRIMARY KEY, g POINT NOT NULL);
INSERT INTO types_spatial_reference VALUES (1, POINT(1, 2));
-- to
CREATE TABLE types_spatial_reference (id INT PRIMARY KEY, g POINT NOT NULL SRID 4326);

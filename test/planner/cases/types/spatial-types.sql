-- Every spatial type.
-- forth: instant safe
-- back: instant unsafe drops-column
-- from
CREATE TABLE types_spatial_types (id INT PRIMARY KEY);
-- to
CREATE TABLE types_spatial_types (id INT PRIMARY KEY, a POINT, b LINESTRING, c POLYGON, d MULTIPOINT, e MULTILINESTRING, f MULTIPOLYGON, g GEOMETRYCOLLECTION, h GEOMETRY);

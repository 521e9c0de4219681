-- A GEOMETRY holds every POINT.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_point_to_geometry (id INT PRIMARY KEY, g POINT);
-- to
CREATE TABLE types_point_to_geometry (id INT PRIMARY KEY, g GEOMETRY);

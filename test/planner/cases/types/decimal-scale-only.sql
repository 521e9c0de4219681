-- More digits behind the point cost digits before it.
-- forth: copy unsafe narrows-type
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_decimal_scale_only (id INT PRIMARY KEY, a DECIMAL(10,2));
-- to
CREATE TABLE types_decimal_scale_only (id INT PRIMARY KEY, a DECIMAL(10,4));

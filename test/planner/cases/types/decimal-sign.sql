-- A decimal without a sign.
-- forth: copy unsafe narrows-type
-- back: copy safe
-- from
CREATE TABLE types_decimal_sign (id INT PRIMARY KEY, a DECIMAL(10,2));
-- to
CREATE TABLE types_decimal_sign (id INT PRIMARY KEY, a DECIMAL(10,2) UNSIGNED);

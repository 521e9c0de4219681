-- More bits.
-- forth: copy safe
-- back: copy unsafe narrows-type
-- from
CREATE TABLE types_bit (id INT PRIMARY KEY, a BIT(3) DEFAULT b'101');
-- to
CREATE TABLE types_bit (id INT PRIMARY KEY, a BIT(8) DEFAULT b'101');

-- A default is shown as it is, so that the server does not take back what it shows.
-- forth: blocked hidden-members refused-by-server
-- back: blocked hidden-members refused-by-server
-- from
CREATE TABLE types_enum_members_default (id INT NOT NULL PRIMARY KEY, v TEXT, e ENUM('🚀', 'b') DEFAULT '🚀', f ENUM('🚀', '1') DEFAULT (LENGTH(v)), CHECK (v <> 'x'));
-- to
CREATE TABLE types_enum_members_default (id BIGINT NOT NULL PRIMARY KEY, v TEXT, e ENUM('🚀', 'b') DEFAULT '🚀', f ENUM('🚀', '1') DEFAULT (LENGTH(v)), CHECK (v <> 'x'));

/** What the demo starts from and what it wants: three tables, one change of each kind. */

export const ROWS = 500_000;

export const BEFORE = {
  orders: `CREATE TABLE orders (
  id BIGINT NOT NULL AUTO_INCREMENT,
  k INT NOT NULL,
  note VARCHAR(200) NOT NULL,
  PRIMARY KEY (id),
  KEY k (k)
)`,
  customers: `CREATE TABLE customers (
  id INT NOT NULL AUTO_INCREMENT,
  name VARCHAR(100) NOT NULL,
  PRIMARY KEY (id)
)`,
} as const;

/** Desired files: namespace folder -> file -> CREATE TABLE. */
export const DESIRED = {
  // Copied: the type of a column changes.
  'orders.sql': `CREATE TABLE orders (
  id BIGINT NOT NULL AUTO_INCREMENT,
  k BIGINT NOT NULL,
  note VARCHAR(200) NOT NULL,
  PRIMARY KEY (id),
  KEY k (k)
);
`,
  // Instant: a column is added at the end.
  'customers.sql': `CREATE TABLE customers (
  id INT NOT NULL AUTO_INCREMENT,
  name VARCHAR(100) NOT NULL,
  email VARCHAR(200) NULL,
  PRIMARY KEY (id)
);
`,
  // New.
  'refunds.sql': `CREATE TABLE refunds (
  id BIGINT NOT NULL AUTO_INCREMENT,
  order_id BIGINT NOT NULL,
  cents INT NOT NULL,
  PRIMARY KEY (id),
  KEY order_id (order_id)
);
`,
} as const;

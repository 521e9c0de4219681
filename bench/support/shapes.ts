import type { TestNamespace } from '../../test/support/namespace.js';
import type { LoadKey } from './load.js';

/** A table `t` and its rows. */
interface Shape {
  readonly what: string;
  /** Of the rows asked for: large rows need fewer of them. */
  readonly share: number;
  readonly definition: string;
  /** Columns beside `k` and `note`, by the row's number `n`. */
  readonly values: Readonly<Record<string, string>>;
  readonly noteLength: number;
  readonly key?: LoadKey;
}

const PLAIN = 'id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL';
const TENANTS = 50;

export const SHAPES: Readonly<Record<string, Shape>> = {
  narrow: {
    what: 'bigint key, one secondary index, 100 bytes a row',
    share: 1,
    definition: `${PLAIN}, KEY k (k)`,
    values: { id: 'n' },
    noteLength: 80,
  },
  wide: {
    what: 'bigint key, one secondary index, 2 KB a row',
    share: 0.2,
    definition: `${PLAIN}, pad VARCHAR(2000) CHARACTER SET ascii NOT NULL DEFAULT '', KEY k (k)`,
    values: { id: 'n', pad: "REPEAT('p', 1900)" },
    noteLength: 80,
  },
  text: {
    what: 'key of two text columns, one secondary index, 120 bytes a row',
    share: 1,
    definition:
      'tenant VARCHAR(20) NOT NULL, code VARCHAR(24) NOT NULL, k INT NOT NULL, note VARCHAR(200) NOT NULL, PRIMARY KEY (tenant, code), KEY k (k)',
    values: { tenant: `CONCAT('tenant-', n % ${TENANTS})`, code: "CONCAT('C', LPAD(n, 10, '0'))" },
    noteLength: 80,
    key: {
      columns: ['tenant', 'code'],
      of: (id) => [`tenant-${id % TENANTS}`, `C${String(id).padStart(10, '0')}`],
    },
  },
  indexes: {
    what: 'bigint key, five secondary indexes, 120 bytes a row',
    share: 1,
    definition: `${PLAIN}, a INT NOT NULL DEFAULT 0, b INT NOT NULL DEFAULT 0, c INT NOT NULL DEFAULT 0,
      KEY k (k), KEY a (a), KEY b (b), KEY ab (a, b), KEY note (note(20), c)`,
    values: { id: 'n', a: '(n * 104729) % 1000003', b: '(n * 15485863) % 1000003', c: 'n % 100' },
    noteLength: 80,
  },
};

/** A fresh table `t`, the same each time, settled. Not in the binlog: what a tool reads there is the load's. */
export async function fillShape(space: TestNamespace, shape: Shape, rows: number): Promise<void> {
  await space.query(`CREATE TABLE t (${shape.definition})`);
  await space.query('SET SESSION cte_max_recursion_depth = 1000000000, sql_log_bin = 0');
  await space.query(
    `INSERT INTO t (k, note, ${Object.keys(shape.values).join(', ')})
       SELECT (n * 7919) % 1000003, REPEAT('x', ${shape.noteLength}), ${Object.values(shape.values).join(', ')} FROM
       (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${rows}) SELECT n FROM s) q`,
  );
  await space.query('SET SESSION sql_log_bin = 1');
  await space.query('ANALYZE NO_WRITE_TO_BINLOG TABLE t');
}

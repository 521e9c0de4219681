import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('statistics');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

it('leaves the optimizer what it knew: histograms, taken over or made anew, and rows per index', async () => {
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 2_000);
  await space.query('ANALYZE TABLE t UPDATE HISTOGRAM ON k WITH 7 BUCKETS');
  await space.query('ANALYZE TABLE t UPDATE HISTOGRAM ON note WITH 5 BUCKETS');
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  await change.run();
  const histograms = await space.query<{ name: string; type: string; buckets: number }>(
    `SELECT COLUMN_NAME AS name, HISTOGRAM->>'$."data-type"' AS type,
            CAST(HISTOGRAM->>'$."number-of-buckets-specified"' AS SIGNED) AS buckets
       FROM information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = DATABASE() AND TABLE_NAME = 't' ORDER BY 1`,
  );
  expect(histograms.map(({ name, type, buckets }) => [name, type, Number(buckets)])).toEqual([
    ['k', 'int', 7],
    ['note', 'string', 5],
  ]);
  const [index] = await space.query<{ rows: string }>(
    `SELECT n_rows AS \`rows\` FROM mysql.innodb_table_stats WHERE database_name = DATABASE() AND table_name = 't'`,
  );
  expect(Number(index?.rows)).toBeGreaterThan(1_000); // an estimate; the statistics of an empty shadow say 0
  expect(change.logged).toEqual([]);
});

import { parseArgs } from 'node:util';
import { MysqlServer, quoteName } from '../src/mysql/index.js';
import { planChange, type PlanningDependencies, pullSchema } from '../src/planner/index.js';
import { TestNamespace } from '../test/support/namespace.js';
import { connectionConfig } from '../test/support/servers.js';
import { median } from './support/median.js';
import { readUsage } from './support/process-usage.js';
import { SkeemaFolder } from './support/skeema.js';
import { isOnPath } from './support/tools.js';

/**
 * The planner on a large schema of twelve columns and four indexes a table, beside what the server needs to show all of
 * their definitions, and beside `skeema diff` of the same files where it is on PATH. Medians. A scratch schema is removed
 * after the answer and between the rounds. `./dev bench planner --tables 1000 --rounds 3`
 */
const { values: options } = parseArgs({
  options: { tables: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' } },
});
const count = Number(options.tables);
const rounds = Number(options.rounds);

const COLUMNS = `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer BIGINT UNSIGNED NOT NULL, code VARCHAR(40) NOT NULL,
  name VARCHAR(200) NOT NULL DEFAULT '', state TINYINT NOT NULL DEFAULT 0, amount DECIMAL(12,2) NOT NULL DEFAULT 0, note TEXT,
  data JSON, created DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), changed DATETIME(6) NULL, owner INT NULL, flags INT NOT NULL DEFAULT 0,
  UNIQUE KEY code (code), KEY customer_created (customer, created), KEY state (state), KEY owner (owner)`;

await using space = await TestNamespace.create('plans');
for (let n = 0; n < count; n += 1) await space.query(`CREATE TABLE t${n} (${COLUMNS})`);

await using server = await MysqlServer.open(connectionConfig(space.server));
const removals: Promise<void>[] = [];
const dependencies: PlanningDependencies = {
  server,
  physical: (namespace) => namespace,
  signal: new AbortController().signal,
  log: { warn: () => undefined },
  later: (removal) => void removals.push(removal),
};
const canonical = (await pullSchema(dependencies, [space.name])).schema[space.name] ?? {};
const edited = { ...canonical, 't0.sql': (canonical['t0.sql'] ?? '').replace('`flags` int ', '`flags` bigint ') };
/** A comment makes texts that no plan has seen. */
const written = (comment: string): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`t${n}.sql`, `CREATE TABLE t${n} /* ${comment} */ (${COLUMNS})`]),
  );

console.log(`${count} tables of twelve columns and four indexes; medians of ${rounds}, in seconds.`);
const shown = await times('the server: SHOW CREATE TABLE of each, on one connection', async () => {
  for (let n = 0; n < count; n += 1) await space.query(`SHOW CREATE TABLE ${quoteName(`t${n}`)}`);
});
await times('plan: canonical files, no change', () => plan(canonical, 0), shown);
await times('plan: canonical files, one table changed and verified', () => plan(edited, 1), shown);
let seen = 0;
await times('plan: files as written, never seen before, no change', () => plan(written(String(seen++)), 0), shown);
await times('plan: files as written, seen before, no change', () => plan(written('0'), 0), shown);
if (isOnPath('skeema')) {
  const differs = { ...written('skeema'), 't0.sql': edited['t0.sql'] };
  for (const [what, files, changes] of [
    ['no change', canonical, false],
    ['one table changed', differs, true],
  ] as const) {
    await using folder = await SkeemaFolder.create(space.server, space.name, files);
    await times(`skeema diff: ${what}`, () => folder.diff(changes), shown);
  }
}
console.log(`peak memory ${readUsage(process.pid)?.peakMb.toFixed(0)} MB`);

async function plan(files: Readonly<Record<string, string>>, changes: number): Promise<void> {
  const { tasks } = await planChange(dependencies, {
    target: 'bench',
    environment: 'test',
    type: 'mysql',
    schema: { [space.name]: files },
  });
  if (tasks.length !== changes) throw new Error(`Expected ${changes} changed tables, got ${tasks.length}.`);
}

async function times(what: string, work: () => Promise<void>, beside?: number): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await work();
    taken.push((performance.now() - started) / 1_000);
    await Promise.all(removals.splice(0));
  }
  const middle = median(taken);
  const ratio = beside === undefined ? '' : `, ${(middle / beside).toFixed(2)} of the server's`;
  console.log(`${what}: ${middle.toFixed(2)} (${taken.map((s) => s.toFixed(2)).join(' ')})${ratio}`);
  return middle;
}

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { TestDataPlane } from '../test/support/data-plane.js';
import { TestNamespace } from '../test/support/namespace.js';
import { until } from '../test/support/until.js';
import { median } from './support/median.js';

/**
 * What a person waits for: commands against a worker in a process of its own, each beside what the server needs for
 * the same without Sterna, and beside Spirit where it is on PATH. Medians. `./dev bench commands [rows]`
 */
const rows = Number(process.argv[2] ?? 1_000_000);
const TABLE = 'id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL';
const run = promisify(execFile);

await using space = await TestNamespace.create('bench');
await using plane = await TestDataPlane.create('bench');
const at = ['-t', plane.target, '-e', 'test'];

const starts: number[] = [];
for (let n = 0; n < 3; n += 1) {
  starts.push(await seconds(() => plane.startWorker()));
  if (n < 2) await plane.workers.at(-1)?.kill('SIGTERM');
}
print('worker, from its start to ready', starts);

await space.query(`CREATE TABLE small (${TABLE})`);
const native: number[] = [];
const instant: number[] = [];
for (let n = 0; n < 9; n += 1) {
  const script = `const c = await (await import('mysql2/promise')).default.createConnection(process.env.TEST_DSN); await c.query('ALTER TABLE ${space.name}.small ADD COLUMN n${n} INT, ALGORITHM=INSTANT'); await c.end();`;
  native.push(await seconds(() => run(process.execPath, ['--input-type=module', '-e', script], { env: plane.env })));
  instant.push(
    await seconds(() =>
      sterna('alter', ...at, '-n', space.name, `ALTER TABLE small ADD COLUMN s${n} INT`, '-y', '--watch'),
    ),
  );
}
print('instant change: the statement, from a process of its own', native);
print('instant change: sterna alter … -y --watch', instant, native);

const folder = path.join(plane.folder, 'schema');
await using many = await TestNamespace.create('many');
for (let n = 0; n < 100; n += 1) await many.query(`CREATE TABLE t${n} (${TABLE}, KEY k (k))`);
await sterna('pull', ...at, '-n', many.name, '-o', folder);
const plans: number[] = [];
for (let n = 0; n < 5; n += 1) plans.push(await seconds(() => sterna('plan', ...at, '-s', folder)));
print('plan of 100 tables without a change', plans);

const spirit = await run('spirit', ['--help']).then(
  () => true,
  () => false,
);
const [rebuild, peer, copy]: [number[], number[], number[]] = [[], [], []];
for (let n = 0; n < 3; n += 1) {
  await fillLarge();
  rebuild.push(await seconds(() => space.query('ALTER TABLE large FORCE, ALGORITHM=INPLACE')));
  if (spirit) {
    await fillLarge();
    peer.push(await seconds(() => runSpirit('ALTER TABLE large MODIFY k BIGINT NOT NULL')));
  }
  await fillLarge();
  copy.push(
    await seconds(() =>
      sterna(
        'alter',
        ...at,
        '-n',
        space.name,
        'ALTER TABLE large MODIFY k BIGINT NOT NULL',
        '-y',
        '--watch',
        '--volume',
        '11',
      ),
    ),
  );
}
print(`${rows} rows of 200 bytes: rebuild in place, without Sterna`, rebuild);
if (spirit) print(`${rows} rows of 200 bytes: spirit migrate`, peer, rebuild);
print(`${rows} rows of 200 bytes: sterna alter … -y --watch --volume 11`, copy, rebuild);

const handovers: number[] = [];
for (let n = 0; n < 3; n += 1) {
  await fillLarge();
  const id = await plane.client.start({
    target: plane.target,
    environment: 'test',
    statements: { [space.name]: ['ALTER TABLE large MODIFY k BIGINT NOT NULL'] },
    options: { autoApply: true, volume: 6 },
    caller: 'bench',
  });
  await until('it copies', async () => (await shadowTop()) > 10_000, { timeoutMs: 30_000, intervalMs: 20 });
  const leaving = plane.workers.at(-1);
  await plane.startWorker();
  const asked = performance.now();
  await leaving?.kill('SIGTERM');
  const kept = await shadowTop();
  await until('rows are copied again', async () => (await shadowTop()) > kept, { intervalMs: 5 });
  handovers.push((performance.now() - asked) / 1_000);
  await plane.client.send(id, 'cancel', { caller: 'bench' });
  await plane.client.result(id).catch(() => undefined); // cancelled
}
print('SIGTERM of a worker to copying in another one', handovers);

async function sterna(...args: string[]): Promise<void> {
  const { code, stderr } = await plane.sterna(...args);
  if (code !== 0) throw new Error(stderr);
}

async function fillLarge(): Promise<void> {
  await space.query('DROP TABLE IF EXISTS large');
  await space.query(`CREATE TABLE large (${TABLE})`);
  await space.query('SET SESSION cte_max_recursion_depth = 100000000');
  await space.query(
    `INSERT INTO large (id, k, note) SELECT n, (n * 7919) % 1000003, REPEAT('x', 180) FROM
       (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${rows}) SELECT n FROM s) q`,
  );
  await space.query('ANALYZE TABLE large');
}

async function runSpirit(statement: string): Promise<void> {
  const { host, port, user, password } = plane.account.server;
  const account = ['--host', `${host}:${port}`, '--username', user, '--password', password];
  await run('spirit', ['migrate', ...account, '--database', space.name, '--statement', statement], { maxBuffer: 1e8 });
}

async function shadowTop(): Promise<number> {
  if (!(await space.tables()).includes('_large_sterna_new')) return 0;
  return Number(
    (await space.query<{ top: string | null }>('SELECT MAX(id) AS top FROM `_large_sterna_new`'))[0]?.top ?? 0,
  );
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

function print(what: string, times: readonly number[], limit?: readonly number[]): void {
  const ratio = limit === undefined ? '' : `${(median(times) / median(limit)).toFixed(2)} x`;
  const all = times.map((time) => time.toFixed(2)).join(' ');
  console.log(`${what.padEnd(66)} ${median(times).toFixed(2)} s  ${ratio.padStart(8)}   (${all})`);
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type mysql from 'mysql2/promise';
import type { ChangeStatus, Plan, TaskProgress } from '../../src/contract/index.js';
import { renderPlanText } from '../../src/contract/plan-text.js';
import { MysqlServer, fingerprint, readDefinition } from '../../src/mysql/index.js';
import { connect, connectionConfig, testServers } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import { WorkerProcess } from '../../test/support/worker-process.js';
import { Writer } from '../../test/support/writer.js';
import { ensureBuilt } from '../dev/built.js';
import { DEV } from '../dev/paths.js';
import { Report } from './report.js';
import { BEFORE, DESIRED, ROWS } from './schema.js';

/**
 * The main job on real servers, with a plain Temporal client: plan, apply, stop, resume, kill, cut over, and
 * an exact account of every acknowledged write afterwards.
 */
const report = new Report();
const { mysqlA, temporalAddress } = testServers();
const run = randomBytes(3).toString('hex');
const namespace = 'shop';
const password = `demo-${randomBytes(9).toString('hex')}`;
const user = 'sterna_demo';
const folder = path.join(DEV, 'demo');
const dataPlane = `demo-${run}`;
/** First bytes of a gzipped payload. */
const GZIP_MAGIC = 0x1f8b;
const changeId = `local-a.development.demo-${run}`;

process.exitCode = await main();

async function main(): Promise<number> {
  ensureBuilt();
  report.say('built');
  const admin = await connect(mysqlA);
  await load(admin);
  const { config, log, env } = writeConfiguration();
  const writer = await Writer.start({ server: mysqlA, namespace, table: 'orders', rate: 300 });
  let worker = await WorkerProcess.start(config, log, env);
  report.say(`a worker is ready (process ${worker.pid}); a writer inserts, updates and deletes 300 times a second`);
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  // A demo that was broken off holds the target still.
  for await (const { workflowId } of client.workflow.list({
    query: "SternaCaller = 'demo' AND ExecutionStatus = 'Running'",
  })) {
    await client.workflow.getHandle(workflowId).terminate('an earlier demo');
  }
  try {
    const handle = await client.workflow.start('schemaChange', {
      taskQueue: dataPlane,
      workflowId: changeId,
      args: [
        {
          target: 'local-a',
          environment: 'development',
          schema: { [namespace]: DESIRED },
          options: { deferCutover: true, volume: 6 },
          caller: 'demo',
        },
      ],
    });
    await inState(handle, 'planned');
    const plan = await handle.query<Plan>('plan');
    console.log(`\n${renderPlanText(plan)}\n`);
    await handle.executeUpdate('apply', { args: [{ caller: 'demo', planHash: plan.planHash }] });
    report.say('applied; copying');

    // Stop at about a third: nothing moves.
    await copied(handle, ROWS / 3);
    const stopSent = performance.now();
    await handle.signal('stop', { caller: 'demo', reason: 'to show it' });
    const lastRow = await lastCopiedRow(admin);
    await inState(handle, 'stopped');
    const [before, after] = [
      await shadowTop(admin),
      await new Promise<string>((resolve) => setTimeout(() => resolve(shadowTop(admin)), 1_500)),
    ];
    report.check('nothing moves while stopped (C2)', before === after, `the shadow ends at row ${after}`);
    report.figure('stop to last copied row', `${Math.max(0, Math.round(lastRow - stopSent))} ms`);

    const resumed = performance.now();
    await handle.executeUpdate('resume', { args: [{ caller: 'demo' }] });
    await until('rows are copied again', async () => (await shadowTop(admin)) !== after, { intervalMs: 10 });
    report.figure('resume to copying', `${Math.round(performance.now() - resumed)} ms`);

    // Kill at about two thirds: another worker goes on from the checkpoint.
    await copied(handle, (2 * ROWS) / 3);
    await worker.kill('SIGKILL');
    const killed = performance.now();
    // What the server still had in hand for it must not pass for a row of the next one.
    await until('its connections are gone', async () => (await connectionsOf(admin)) === 0, { intervalMs: 5 });
    const reached = Number(await shadowTop(admin));
    report.say(`killed the worker with SIGKILL when the shadow ended at row ${reached}`);
    worker = await WorkerProcess.start(config, log, env);
    let checkpoint = reached;
    await until(
      'rows are copied again',
      async () => {
        const top = Number(await shadowTop(admin));
        checkpoint = Math.min(checkpoint, top); // what is above it is removed first
        return top > checkpoint;
      },
      { intervalMs: 5, timeoutMs: 60_000 },
    );
    report.figure(
      'kill to copying again',
      `${((performance.now() - killed) / 1_000).toFixed(1)} s, from row ${checkpoint} of ${ROWS}`,
    );

    await inState(handle, 'waiting_for_cutover', 180_000);
    const asked = performance.now();
    await handle.signal('cutover', { caller: 'demo' });
    await until('the tables are swapped', async () => (await columnType(admin, 'orders', 'k')) === 'bigint', {
      intervalMs: 10,
    });
    report.figure('cutover asked to swapped', `${Math.round(performance.now() - asked)} ms`);
    await handle.result();
    const status = await handle.query<ChangeStatus>('status');
    report.check('the change completed', status.state === 'completed', status.state);
    await until(
      'some writes came after the swap',
      (
        (n) => () =>
          writer.acknowledged > n + 300
      )(writer.acknowledged),
    );
    await writer.stop();

    await checkRows(writer, admin);
    await checkDefinitions(admin);
    await checkHistory(handle);
    figures(status, writer);
  } finally {
    await writer.stop();
    await worker.kill('SIGTERM');
    await connection.close();
    await admin.query(`DROP USER IF EXISTS '${user}'@'%'`);
    await admin.end();
  }
  report.figure('look on', `${process.env.STERNA_UI ?? ''}/namespaces/default/workflows/${changeId}`);
  return report.finish();
}

async function load(admin: mysql.Connection): Promise<void> {
  await admin.query(
    `DROP DATABASE IF EXISTS ${namespace}; CREATE DATABASE ${namespace}; USE ${namespace}; ${BEFORE.orders}; ${BEFORE.customers}`,
  );
  await admin.query(
    `SET SESSION cte_max_recursion_depth = ${ROWS};
     INSERT INTO orders (id, k, note) SELECT n, n, REPEAT('x', 100) FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${ROWS}) SELECT n FROM s) q;
     INSERT INTO customers (id, name) SELECT n, CONCAT('customer ', n) FROM (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s) q;
     ANALYZE TABLE orders, customers`,
  );
  // An account with a password, so that the search for it in the history can find something.
  await admin.query(
    `DROP USER IF EXISTS '${user}'@'%'; CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO '${user}'@'%'`,
  );
  report.say(`loaded ${ROWS.toLocaleString('en')} orders and 1,000 customers into \`${namespace}\` on local-a`);
}

function writeConfiguration(): { config: string; log: string; env: NodeJS.ProcessEnv } {
  mkdirSync(folder, { recursive: true });
  const [inventory, config, log, desired] = ['inventory.yaml', 'worker.yaml', 'worker.log', `schema/${namespace}`].map(
    (name) => path.join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(
    inventory,
    `targets:\n  local-a:\n    type: mysql\n    environment: development\n    dsn: env:STERNA_DEMO_DSN\n`,
  );
  writeFileSync(config, `dataPlane: ${dataPlane}\ninventory: ${inventory}\n`);
  mkdirSync(desired, { recursive: true });
  for (const [file, text] of Object.entries(DESIRED)) writeFileSync(path.join(desired, file), text);
  return {
    config,
    log,
    env: {
      ...process.env,
      STERNA_INVENTORY: inventory,
      STERNA_DEMO_DSN: `mysql://${user}:${password}@${mysqlA.host}:${mysqlA.port}/`,
    },
  };
}

async function inState(handle: WorkflowHandle, state: string, timeoutMs = 60_000): Promise<void> {
  await until(`the change is ${state}`, async () => (await handle.query<ChangeStatus>('status')).state === state, {
    timeoutMs,
    intervalMs: 50,
  });
  report.say(state);
}

/** Rows move in heartbeats, not in history. */
async function progressOf(handle: WorkflowHandle): Promise<TaskProgress | undefined> {
  const { raw } = await handle.describe();
  const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
  return details?.length ? (JSON.parse(Buffer.from(details).toString()) as TaskProgress) : undefined;
}

async function copied(handle: WorkflowHandle, rows: number): Promise<void> {
  let drawn = -1;
  await until(
    `${Math.round(rows)} rows are copied`,
    async () => {
      const { lastError } = await handle.query<ChangeStatus>('status');
      if (lastError !== undefined) throw new Error(`The change failed: ${lastError.code}: ${lastError.message}`);
      const progress = await progressOf(handle);
      if (progress && Math.floor(progress.percent / 10) !== drawn) {
        drawn = Math.floor(progress.percent / 10);
        report.say(
          `${'█'.repeat(drawn * 2).padEnd(20, '·')} ${progress.table} ${progress.phase} ${progress.rows} of ${progress.of} rows, ${progress.rowsPerSecond}/s, ${progress.eta ?? '?'} left`,
        );
      }
      return progress !== undefined && progress.rows >= rows;
    },
    { timeoutMs: 120_000, intervalMs: 100 },
  );
}

async function shadowTop(admin: mysql.Connection): Promise<string> {
  const [rows] = await admin.query(`SELECT MAX(id) AS top FROM ${namespace}._orders_sterna_new`);
  return String((rows as { top: string | null }[])[0]?.top ?? 0);
}

async function connectionsOf(admin: mysql.Connection): Promise<number> {
  const [rows] = await admin.query('SELECT COUNT(*) AS n FROM performance_schema.processlist WHERE USER = ?', [user]);
  return Number((rows as { n: string }[])[0]?.n);
}

/** When the last row was copied: watched until half a second passes without one. */
async function lastCopiedRow(admin: mysql.Connection): Promise<number> {
  let last = { top: '', at: performance.now() };
  await until(
    'no row is copied any more',
    async () => {
      const top = await shadowTop(admin);
      if (top !== last.top) last = { top, at: performance.now() };
      return performance.now() - last.at > 500;
    },
    { intervalMs: 5 },
  );
  return last.at;
}

async function columnType(admin: mysql.Connection, table: string, column: string): Promise<string> {
  const [rows] = await admin.query(
    'SELECT COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = ?',
    [namespace, table, column],
  );
  return (rows as { type: string }[])[0]?.type ?? '';
}

async function checkRows(writer: Writer, admin: mysql.Connection): Promise<void> {
  await admin.query(`USE ${namespace}`);
  const differences = await writer.differences(admin);
  report.check(
    `every acknowledged write is there (E2)`,
    differences.length === 0,
    differences.length === 0
      ? `${writer.acknowledged} writes to ${writer.journal.size} rows`
      : differences.slice(0, 3).join('; '),
  );
  const touched = [...writer.journal.keys()];
  const [rows] = await admin.query(
    'SELECT COUNT(*) AS wrong FROM orders WHERE id NOT IN (?) AND (k <> id OR note <> REPEAT(?, 100))',
    [touched.length > 0 ? touched : [0], 'x'],
  );
  const [total] = await admin.query('SELECT COUNT(*) AS n FROM orders');
  const alive = [...writer.journal.values()].filter((row) => row !== null).length;
  const untouched = ROWS - touched.filter((id) => id >= 1 && id <= ROWS).length;
  report.check('every other row is as it was', Number((rows as { wrong: string }[])[0]?.wrong) === 0);
  report.check(
    'the number of rows is exact',
    Number((total as { n: string }[])[0]?.n) === untouched + alive,
    `${(total as { n: string }[])[0]?.n} rows`,
  );
}

async function checkDefinitions(admin: mysql.Connection): Promise<void> {
  const server = await MysqlServer.open(connectionConfig(mysqlA));
  const session = await server.connect();
  const wanted = `${namespace}_desired`;
  await admin.query(`DROP DATABASE IF EXISTS ${wanted}; CREATE DATABASE ${wanted}; USE ${wanted}`);
  for (const [file, text] of Object.entries(DESIRED)) {
    await admin.query(text);
    const table = file.replace('.sql', '');
    const [is, wants] = [await readDefinition(session, namespace, table), await readDefinition(session, wanted, table)];
    report.check(
      `${table} is as its desired file says`,
      is !== null && wants !== null && fingerprint(is) === fingerprint(wants),
    );
  }
  await admin.query(`DROP DATABASE ${wanted}`);
  const [rows] = await admin.query(
    "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_NAME LIKE '\\\\_%sterna%' AND TABLE_SCHEMA = ? UNION ALL SELECT SCHEMA_NAME, '' FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '\\\\_sterna\\\\_ws%'",
    [namespace],
  );
  report.check('nothing is left over (E7)', (rows as unknown[]).length === 0, JSON.stringify(rows));
  await session.close();
  await server.close();
}

/** Payloads are base64 in JSON, large ones gzipped with their base64 inside: look at them as text. */
function readable(name: string, value: unknown): unknown {
  if (name !== 'data' || typeof value !== 'string') return value;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== GZIP_MAGIC) return bytes.toString('utf8');
  return JSON.stringify(JSON.parse(gunzipSync(bytes).toString('utf8')), readable);
}

async function checkHistory(handle: WorkflowHandle): Promise<void> {
  const { raw } = await handle.describe();
  const history = await handle.fetchHistory();
  const text = JSON.stringify([history, raw], readable);
  const found = [password, user, `${mysqlA.host}:${mysqlA.port}`].filter((secret) => text.includes(secret));
  report.check(
    'neither password, user nor host stands in the history (R2)',
    found.length === 0 && text.includes(namespace),
    found.length > 0
      ? `found ${found.map((secret) => text.slice(Math.max(0, text.indexOf(secret) - 80), text.indexOf(secret) + 40)).join(' | ')}`
      : `${history.events?.length} events, ${text.length} characters`,
  );
}

function figures(status: ChangeStatus, writer: Writer): void {
  const orders = status.tasks.find((task) => task.table === 'orders')?.report;
  const latencies = [...writer.latencies].sort((a, b) => a - b);
  const at = (share: number): string =>
    (latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0).toFixed(1);
  report.figure('rows copied', `${orders?.rowsCopied ?? '?'} (${orders?.rowsRepaired ?? '?'} repaired)`);
  report.figure(
    'small writes',
    `${latencies.length}, median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, longest ${at(1)} ms`,
  );
  report.figure(
    'write block of the cutover',
    `${orders?.cutoverBlockMs ?? '?'} ms, at attempt ${orders?.cutoverAttempts ?? '?'}`,
  );
}

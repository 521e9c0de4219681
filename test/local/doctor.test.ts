import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/contract/index.js';
import { StateTable } from '../../src/engine/state-table.js';
import { CliProcess } from '../support/cli-process.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, dsn, testServers } from '../support/servers.js';
import { until } from '../support/until.js';

let plane: TestDataPlane;
let space: TestNamespace;
beforeAll(async () => {
  plane = await TestDataPlane.create(
    'doctor',
    '  broken: { environment: test, dsn: "mysql://nobody@127.0.0.1:1/" }\n  own: { environment: own, dsn: "env:DSN_OWN" }\n',
  );
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});
beforeEach(async () => {
  space = await TestNamespace.create('doctor');
  await space.query(PLAIN_TABLE);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space], users: plane.workers.length === 0 ? [plane.account.user] : [] });
  await space.drop();
});

interface Report {
  readonly exit: number;
  readonly ok: boolean;
  readonly temporal: { readonly findings: readonly Finding[] };
  readonly findings: readonly Finding[];
  readonly removed: readonly string[];
}

async function doctor(...more: string[]): Promise<Report> {
  return doctorOf(['-t', plane.target, '-e', 'test', '-n', space.name, ...more]);
}

async function doctorOf(args: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await plane.sterna('doctor', ...args, '--json');
  if (!stdout.startsWith('{')) throw new Error(stderr);
  const { targets = [], ...report } = JSON.parse(stdout) as Report & { targets?: Report[] };
  const [{ findings, removed } = { findings: [], removed: [] }] = targets;
  // Planners of other tests, on the same server, leave scratch schemas behind for a moment.
  return { ...report, findings: findings.filter((each) => each.code !== 'workspace'), removed, exit: code };
}

const codes = ({ findings }: Pick<Report, 'findings'>): string[] => findings.map(({ code }) => code);

/** With Temporal where nobody listens. */
async function withoutTemporal<T>(work: () => Promise<T>): Promise<T> {
  const address = plane.env.TEMPORAL_ADDRESS;
  plane.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
  try {
    return await work();
  } finally {
    plane.env.TEMPORAL_ADDRESS = address;
  }
}

async function terminate(id: string): Promise<void> {
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  await new Client({ connection }).workflow.getHandle(id).terminate('by a test');
  await connection.close();
}

async function startCopy(options: { deferCutover?: boolean } = { deferCutover: true }): Promise<string> {
  return plane.client.start({
    target: plane.target,
    environment: 'test',
    statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
    options: { autoApply: true, ...options },
    caller: 'test',
  });
}

const waiting = (id: string): Promise<unknown> =>
  until('it waits for its cutover', async () => (await plane.client.status(id)).state === 'waiting_for_cutover');

describe('what no workflow has made', () => {
  it('is told while no worker polls; and Temporal that does not answer is no reason to leave the target out', async () => {
    const report = await doctor();
    expect(report).toMatchObject({ exit: 1, ok: false, findings: [] });
    expect(report.temporal.findings).toMatchObject([
      {
        code: 'no-worker',
        message: expect.stringContaining(`${plane.name}, ${plane.name}.control, ${plane.name}.copy`) as string,
      },
    ]);
    const alone = await withoutTemporal(() => doctor());
    expect(alone).toMatchObject({ exit: 1, findings: [], temporal: { findings: [{ code: 'temporal_unreachable' }] } });
  });

  it('bad input is refused, and a target that cannot be reached is told with its code', async () => {
    expect(await plane.sterna('doctor', '-t', plane.target)).toMatchObject({ code: 2 });
    expect(await plane.sterna('doctor', '--cancel', 'x')).toMatchObject({ code: 2 });
    expect(await doctorOf(['-t', 'nobody', '-e', 'test'])).toMatchObject({ exit: 2 });
    const broken = await doctorOf(['-t', 'broken', '-e', 'test', '--fix']);
    expect(broken).toMatchObject({ exit: 5, findings: [{ code: 'server_unreachable' }] });
  });

  it('tables that only look like those of a change are told or passed over, and never touched (E7)', async () => {
    await space.query('CREATE TABLE _t_sterna_new (precious INT)');
    await space.query('CREATE TABLE _u_sterna_old (precious INT)');
    await space.query('CREATE TABLE _v_sterna_dropped_20260101 (precious INT)');
    await space.query('CREATE TABLE _sterna_0123456789abcdef0123 (id VARCHAR(160) PRIMARY KEY, precious INT)');
    await space.query(
      "CREATE TABLE _sterna_0123456789abcdef0124 (id VARCHAR(160) PRIMARY KEY, change_id VARCHAR(255), plan_hash CHAR(64), record JSON, updated_at TIMESTAMP) COMMENT='State of a Sterna schema change'",
    );
    await space.query("INSERT INTO _sterna_0123456789abcdef0124 VALUES ('driver', 'another', 'x', NULL, NOW())");
    const before = await space.tables();
    const report = await doctor('--fix');
    expect(codes(report)).toEqual(['table-without-change', 'table-without-change', 'quarantined-table']);
    expect(report.findings.map(({ run }) => run)).toEqual([
      [`DROP TABLE \`${space.name}\`.\`_t_sterna_new\``],
      [`DROP TABLE \`${space.name}\`.\`_u_sterna_old\``],
      [`DROP TABLE \`${space.name}\`.\`_v_sterna_dropped_20260101\``],
    ]);
    expect(report.removed).toEqual([]);
    expect(await space.tables()).toEqual(before);
    for (const { run } of report.findings) await space.query(run[0] ?? '');
    await space.query('DROP TABLE _sterna_0123456789abcdef0123, _sterna_0123456789abcdef0124');
    expect(codes(await doctor())).toEqual([]);
  });
});

describe('a change that Temporal does not know', () => {
  it('is left alone, however it is asked, until it is named; one that is driven also then (E7)', async () => {
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const id = change.step.changeId;
    const found = await doctor('--fix');
    expect(codes(found)).toEqual(['change-not-found']);
    expect(found.findings[0]?.run).toEqual([`sterna doctor -t ${plane.target} -e test --fix --cancel ${id}`]);
    expect(await space.tables()).toContain('_t_sterna_new');

    await change.copy();
    const leave = new AbortController();
    const holding = change.hold(change.context(leave.signal));
    await until('it is driven', () => change.progress.some(({ phase }) => phase === 'holding'));
    expect(codes(await doctor('--fix', '--cancel', id))).toEqual(['change-elsewhere']);
    leave.abort(new Error('left'));
    await expect(holding).rejects.toThrow('left');

    expect(await withoutTemporal(() => doctor('--fix', '--cancel', id))).toMatchObject({ removed: [] });
    expect(await space.tables()).toContain('_t_sterna_new');
    expect(await doctor('--fix', '--cancel', id)).toMatchObject({ removed: [id], findings: [] });
    expect(await space.tables()).toEqual(['t']);
  });

  it('has ended when nothing of it was touched for longer than Temporal remembers (E7)', async () => {
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    const [state = ''] = (await space.tables()).filter((name) => /^_sterna_[0-9a-f]{20}$/.test(name));
    await space.query(`UPDATE \`${state}\` SET updated_at = NOW() - INTERVAL 400 DAY`);
    expect(codes(await doctor())).toEqual(['change-ended']);
    expect(await withoutTemporal(() => doctor('--fix'))).toMatchObject({
      removed: [],
      findings: [{ code: 'change-unknown' }],
    });
    expect(await doctor('--fix')).toMatchObject({ removed: [change.step.changeId], findings: [] });
    expect(await space.tables()).toEqual(['t']);
  });

  it.each(['swapped', 'not swapped', 'undecided'])(
    'whose swap was intended is decided from the target first: %s (E5, E7)',
    async (stand) => {
      await fill(space, 't', 500);
      await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
      await change.prepare();
      await change.copy();
      await using session = await change.server.connect();
      await new StateTable(change.step.changeId, space.name).updateTable(session, `${space.name}.t`, {
        swapIntended: true,
      });
      if (stand === 'swapped') await space.query('RENAME TABLE t TO _t_sterna_old, _t_sterna_new TO t');
      if (stand === 'undecided') await space.query('ALTER TABLE t ADD COLUMN more INT');
      const before = await space.tables();
      const report = await doctor('--fix', '--cancel', change.step.changeId);
      if (stand === 'undecided') {
        expect(report).toMatchObject({ exit: 1, removed: [] });
        expect(codes(report)).toEqual(['not-removed', 'change-not-found']);
        expect(report.findings[0]?.message).toContain('to be either swapped or not');
        expect(await space.tables()).toEqual(before);
        await space.query('ALTER TABLE t DROP COLUMN more');
        expect(await doctor('--fix', '--cancel', change.step.changeId)).toMatchObject({
          removed: [change.step.changeId],
        });
      } else expect(report).toMatchObject({ removed: [change.step.changeId], findings: [] });
      expect(await space.tables()).toEqual(['t']);
      expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '500' }]);
      const [{ type } = { type: '' }] = await space.query<{ type: string }>(
        "SELECT COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' AND COLUMN_NAME = 'k'",
      );
      expect(type).toBe(stand === 'swapped' ? 'bigint' : 'int');
    },
  );

  it('interrupted before its state had rows, is told with what to run', async () => {
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await space.query('DROP TABLE _t_sterna_new');
    const [state = ''] = (await space.tables()).filter((name) => /^_sterna_[0-9a-f]{20}$/.test(name));
    await space.query(`DELETE FROM \`${state}\``);
    const report = await doctor('--fix');
    expect(codes(report)).toEqual(['empty-state']);
    await space.query(report.findings[0]?.run[0] ?? '');
    expect(codes(await doctor())).toEqual([]);
  });
});

describe('a change of --local', () => {
  it('lives while its process runs; interrupted, it is told how to go on, and given up by name (E7)', async () => {
    await fill(space, 't', 60_000);
    const args = ['-t', plane.target, '-e', 'test', '-n', space.name, 'ALTER TABLE t MODIFY k BIGINT NOT NULL'];
    await using running = CliProcess.start(['alter', ...args, '--local', '-y', '--volume', '1'], plane.env);
    await until('it copies', () => running.stdout.includes('copying'));
    const [{ message } = { message: '' }] = (await doctor('--fix')).findings;
    expect(message).toContain('runs in a process');
    const id = /Change (\S+)/.exec(message)?.[1] ?? '';
    expect(await doctor('--fix', '--cancel', id)).toMatchObject({ removed: [], findings: [{ code: 'change-lives' }] });
    running.kill('SIGKILL');
    await running.ended;
    await until('the server has noticed', async () => codes(await doctor('--fix')).includes('change-interrupted'));
    const interrupted = await doctor('--fix');
    expect(interrupted.findings[0]?.run).toEqual([
      `sterna alter ${args.slice(0, 6).join(' ')} '${args[6]}' --local -y --volume 1`,
      `sterna doctor -t ${plane.target} -e test --fix --cancel ${id}`,
    ]);
    expect(await withoutTemporal(() => doctor('--fix', '--cancel', id))).toMatchObject({ removed: [id], findings: [] });
    expect(await space.tables()).toEqual(['t']);
  });
});

describe('a change of Temporal', () => {
  beforeAll(async () => {
    await plane.startWorker();
  });

  it('that runs is left alone; terminated, its leftovers are removed, and only while Temporal can be asked (E7)', async () => {
    await fill(space, 't', 500);
    const id = await startCopy();
    await waiting(id);
    const lives = await doctor('--fix', '--cancel', id);
    expect(lives).toMatchObject({ exit: 0, ok: true, removed: [], temporal: { findings: [] } });
    expect(lives.findings).toMatchObject([{ code: 'change-lives', level: 'note', run: [`sterna status ${id}`] }]);

    await terminate(id);
    const before = await space.tables();
    expect(before).toContain('_t_sterna_new');
    expect(await withoutTemporal(() => doctor('--fix'))).toMatchObject({
      exit: 1,
      findings: [{ code: 'change-unknown' }],
    });
    expect(await doctor()).toMatchObject({ exit: 1, findings: [{ code: 'change-ended' }] });
    expect(await space.tables()).toEqual(before);
    expect(await doctor('--fix')).toMatchObject({ exit: 0, removed: [id], findings: [] });
    expect(await space.tables()).toEqual(['t']);
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '500' }]);
  });

  it(
    'whose server is down can be terminated, and is cleaned up when the server is back (S3, E7)',
    { timeout: 120_000 },
    async () => {
      await using server = await MysqlProcess.start();
      await using own = await TestNamespace.create('doctor', server.server);
      await own.query(PLAIN_TABLE);
      await fill(own, 't', 500);
      plane.env.DSN_OWN = dsn(server.server);
      const worker = await plane.startWorker(); // that knows the address
      await plane.workers[0]?.kill('SIGTERM');
      const id = await plane.client.start({
        target: 'own',
        environment: 'own',
        statements: { [own.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
        options: { autoApply: true, deferCutover: true },
        caller: 'test',
      });
      await waiting(id);
      await server.kill();
      await plane.client.send(id, 'cutover', { caller: 'test' });
      await terminate(id);
      const on = ['-t', 'own', '-e', 'own', '-n', own.name];
      expect(await doctorOf([...on, '--fix'])).toMatchObject({ exit: 5, findings: [{ code: 'server_unreachable' }] });
      await server.start();
      expect(await doctorOf(on)).toMatchObject({ findings: [{ code: 'change-ended' }] });
      expect(await doctorOf([...on, '--fix'])).toMatchObject({ removed: [id], findings: [] });
      const admin = await connect(server.server, own.name); // the test's own connection went with the server
      expect((await admin.query('SHOW TABLES'))[0]).toEqual([{ [`Tables_in_${own.name}`]: 't' }]);
      expect((await admin.query('SELECT COUNT(*) AS n FROM t'))[0]).toEqual([{ n: '500' }]);
      await admin.end();
      await worker.kill('SIGTERM');
    },
  );
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';

const COMMANDS = [
  'plan',
  'apply',
  'alter',
  'status',
  'watch',
  'list',
  'stop',
  'resume',
  'cutover',
  'cancel',
  'revert',
  'finalize',
  'volume',
  'pull',
  'undrop',
  'targets',
  'doctor',
  'replay',
  'worker',
];

let plane: TestDataPlane;
let space: TestNamespace;
beforeAll(async () => {
  plane = await TestDataPlane.create('cli');
  space = await TestNamespace.create('cli');
  await plane.startWorker();
});
afterAll(async () => {
  await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
  await plane[Symbol.asyncDispose]();
  await space.drop();
});
beforeEach(async () => {
  await space.query('DROP TABLE IF EXISTS t, n');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
  await space.query('INSERT INTO t VALUES (1, 1)');
});

const on = (): string[] => ['-t', plane.target, '-e', 'test'];
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

async function folder(files: Record<string, string>): Promise<string> {
  const place = path.join(plane.folder, `schema-${Math.random().toString(36).slice(2)}`);
  await mkdir(path.join(place, space.name), { recursive: true });
  for (const [name, sql] of Object.entries(files)) await writeFile(path.join(place, space.name, name), sql);
  return place;
}

describe('help', () => {
  it.each(COMMANDS)('of %s shows an example', async (command) => {
    const { code, stdout } = await plane.sterna(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  sterna ${command}`));
  });
});

describe('exit codes', () => {
  it('2 for what is no command, an option that is missing, a file that is not there', async () => {
    expect((await plane.sterna('nonsense')).code).toBe(2);
    expect((await plane.sterna('alter', 'ALTER TABLE t ADD a INT')).code).toBe(2);
    expect((await plane.sterna('volume', 'x', '12')).code).toBe(2);
    expect((await plane.sterna('worker', '-c', '/nowhere.yaml')).code).toBe(2);
    expect(await plane.sterna('plan', ...on(), '-s', await folder({}))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('schema_empty') as string,
    });
  });

  it('2 for a target or an environment that nobody knows, and nothing is left open', async () => {
    const unknown = await plane.sterna(
      'alter',
      '-t',
      'nobody',
      '-e',
      'test',
      '-n',
      space.name,
      'ALTER TABLE t ADD a INT',
      '-y',
      '--watch',
      '--json',
    );
    expect(unknown.code).toBe(2);
    expect(json(unknown.stdout)).toMatchObject({
      code: 'target_unknown',
      changeId: expect.stringContaining('nobody.test.') as string,
    });
    expect((await plane.sterna('pull', '-t', plane.target, '-e', 'production', '-o', plane.folder)).code).toBe(2);
  });

  it('2 for an id that fits nothing, 3 for a message that does not fit the state', async () => {
    expect(await plane.sterna('status', 'no-such-change')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('change_unknown') as string,
    });
    const { stdout } = await plane.sterna('alter', ...on(), '-n', space.name, 'ALTER TABLE t ADD a INT', '--json');
    const id = String(json(stdout).changeId);
    expect(await plane.sterna('resume', id)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('What fits now: apply, cancel') as string,
    });
    expect(await plane.sterna('cancel', id)).toMatchObject({ code: 0 });
  });

  it('4 for a plan that is unsafe or blocked, and the change has ended', async () => {
    const unsafe = await plane.sterna(
      'alter',
      ...on(),
      '-n',
      space.name,
      'ALTER TABLE t DROP COLUMN k',
      '-y',
      '--watch',
      '--json',
    );
    expect(unsafe.code).toBe(4);
    const { changeId, code } = json(unsafe.stdout);
    expect(code).toBe('unsafe_not_allowed');
    expect(json((await plane.sterna('status', String(changeId), '--json')).stdout)).toMatchObject({ state: 'failed' });
    const planned = await plane.sterna(
      'plan',
      ...on(),
      '-s',
      await folder({ 't.sql': 'CREATE TABLE t (id INT PRIMARY KEY)' }),
    );
    expect(planned).toMatchObject({ code: 4, stdout: expect.stringContaining('drops column `k`') as string });
    await plane.sterna('cancel', /next: sterna apply (\S+)/.exec(planned.stdout)?.[1] ?? '');
  });

  it('5 when Temporal or the server cannot be reached', async () => {
    const address = plane.env.TEMPORAL_ADDRESS;
    plane.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
    expect(await plane.sterna('list')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('temporal_unreachable') as string,
    });
    plane.env.TEMPORAL_ADDRESS = address;
  });
});

describe('a change from the command line', () => {
  it('plans, applies, shows and lists', async () => {
    const desired = await folder({
      't.sql': 'CREATE TABLE t (id INT PRIMARY KEY, k BIGINT)',
      'n.sql': 'CREATE TABLE n (id INT PRIMARY KEY)',
    });
    const planned = json(
      (await plane.sterna('plan', ...on(), '-s', desired, '--caller', 'deploy-bot', '--json')).stdout,
    );
    const id = String(planned.changeId);
    expect(planned).toMatchObject({
      state: 'planned',
      plan: { tasks: [{ table: 'n' }, { table: 't', execution: 'copy' }] },
    });
    const applied = await plane.sterna('apply', id.slice(0, -2), '--watch');
    expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('completed') as string });
    expect(json((await plane.sterna('status', id, '--json')).stdout)).toMatchObject({
      changeId: id,
      state: 'completed',
      caller: 'deploy-bot',
    });
    const { changes } = json((await plane.sterna('list', '-t', plane.target, '--json')).stdout) as {
      changes: { changeId: string }[];
    };
    expect(changes.map((change) => change.changeId)).toContain(id);
    expect(await plane.sterna('plan', ...on(), '-s', desired)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to change') as string,
    });
  });

  it('is held, stopped, resumed, made louder and cut over', async () => {
    const started = json(
      (
        await plane.sterna(
          'alter',
          ...on(),
          '-n',
          space.name,
          'ALTER TABLE t MODIFY k BIGINT',
          '-y',
          '--watch',
          '--defer-cutover',
          '--json',
        )
      ).stdout,
    );
    const id = String(started.changeId);
    expect(started.state).toBe('waiting_for_cutover');
    expect((await plane.sterna('stop', id, '--reason', 'lunch')).code).toBe(0);
    for await (const { state } of plane.client.watch(id)) if (state === 'stopped') break;
    expect((await plane.sterna('volume', id, '0')).code).toBe(0);
    expect((await plane.sterna('volume', id, '3')).code).toBe(0);
    expect((await plane.sterna('resume', id)).code).toBe(0);
    for await (const { state } of plane.client.watch(id)) if (state === 'waiting_for_cutover') break;
    expect((await plane.sterna('cutover', id)).code).toBe(0);
    expect(await plane.sterna('watch', id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('completed') as string,
    });
    expect(await plane.client.status(id)).toMatchObject({ options: { volume: 3 } });
  });

  it('is reverted in its window, or finalized', async () => {
    for (const [end, state, code] of [
      ['revert', 'reverted', 1],
      ['finalize', 'completed', 0],
    ] as const) {
      const alter = ['alter', ...on(), '-n', space.name, 'ALTER TABLE t MODIFY k BIGINT', '-y', '--watch'];
      const started = json((await plane.sterna(...alter, '--revert-window', '1h', '--json')).stdout);
      const id = String(started.changeId);
      expect(started).toMatchObject({ state: 'revert_window', controls: ['setVolume', 'revert', 'finalize'] });
      await space.query('INSERT INTO t VALUES (2, 2)');
      expect((await plane.sterna('status', id)).stdout).toContain('revert window until 20');
      expect((await plane.sterna(end, id)).code).toBe(0);
      await plane.client.result(id);
      expect(await plane.sterna('watch', id)).toMatchObject({ code, stdout: expect.stringContaining(state) as string });
      expect(await space.query('SELECT id FROM t')).toEqual([{ id: 1 }, { id: 2 }]);
      const [{ Type: type } = { Type: '' }] = await space.query<{ Type: string }>("SHOW COLUMNS FROM t LIKE 'k'");
      expect(type).toBe(end === 'revert' ? 'int' : 'bigint');
      await space.query('DELETE FROM t WHERE id = 2');
    }
  });

  it('that drops a table is undone', async () => {
    const desired = await folder({ 'n.sql': 'CREATE TABLE n (id INT PRIMARY KEY)' });
    const dropped = await plane.sterna('apply', ...on(), '-s', desired, '-y', '--watch', '--allow-unsafe');
    expect(dropped.code).toBe(0);
    expect(await space.tables()).toEqual([expect.stringMatching(/^_t_sterna_dropped_\d{14}$/), 'n']);
    expect((await plane.sterna('plan', ...on(), '-s', desired)).stdout, 'no plan sees it').toContain(
      'nothing to change',
    );
    const undrop = ['undrop', ...on(), '-n', space.name, 't'];
    expect(await plane.sterna(...undrop)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('restored') as string,
    });
    expect(await space.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await plane.sterna(...undrop)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('undrop_refused') as string,
    });
  });

  it('with the same id is the same change', async () => {
    const id = `${plane.target}.test.once`;
    for (let n = 0; n < 2; n += 1) {
      expect(
        json(
          (
            await plane.sterna(
              'alter',
              ...on(),
              '-n',
              space.name,
              'ALTER TABLE t ADD COLUMN once INT',
              '-y',
              '--watch',
              '--id',
              id,
              '--json',
            )
          ).stdout,
        ),
      ).toMatchObject({ changeId: id, state: 'completed' });
    }
  });
});

it('pulls files that plan to nothing, and shows targets', async () => {
  const place = path.join(plane.folder, 'pulled');
  expect((await plane.sterna('pull', ...on(), '-n', space.name, '-o', place)).code).toBe(0);
  expect(await readFile(path.join(place, space.name, 't.sql'), 'utf8')).toContain('CREATE TABLE `t`');
  expect(await plane.sterna('plan', ...on(), '-s', place)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to change') as string,
  });
  expect((await plane.sterna('targets', '--inventory', path.join(plane.folder, 'inventory.yaml'))).stdout).toContain(
    plane.target,
  );
  const probed = await plane.sterna('targets', '--probe', '--json');
  expect(json(probed.stdout)).toMatchObject({ targets: [{ target: plane.target, ok: true, writable: true }] });
});

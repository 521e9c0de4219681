import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestAccount } from '../support/account.js';
import { CliProcess } from '../support/cli-process.js';
import { entryFor } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { dsn } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

/** Anything of Temporal that is loaded ends the process; and none would be found. */
const REFUSE_TEMPORAL = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`export const resolve = (name, context, next) => {
  if (name.startsWith('@temporalio/')) throw new Error('loaded ' + name);
  return next(name, context);
};\`));`;

let folder: string;
let account: TestAccount;
let env: NodeJS.ProcessEnv;
let space: TestNamespace;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sterna-test-'));
  account = await TestAccount.create();
  await writeFile(path.join(folder, 'inventory.yaml'), `targets:\n${entryFor('shop')}`);
  env = {
    ...process.env,
    TEST_DSN: dsn(account.server),
    STERNA_INVENTORY: path.join(folder, 'inventory.yaml'),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  };
});
afterAll(async () => {
  await account.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  space = await TestNamespace.create('local');
  await space.query(PLAIN_TABLE);
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space], users: [account.user] });
  await space.drop();
});

const MODIFY = 'ALTER TABLE t MODIFY k BIGINT NOT NULL';

function alter(statement: string, ...more: string[]): CliProcess {
  const on = ['-t', 'shop', '-e', 'test', '-n', space.name];
  return CliProcess.start(['alter', ...on, statement, '--local', ...more], env);
}

async function ended(running: CliProcess): Promise<{ exit: number | null; said: string } & Record<string, unknown>> {
  const exit = await running.ended;
  const object = running.stdout.startsWith('{') ? (JSON.parse(running.stdout) as object) : {};
  return { ...object, exit, said: running.stdout + running.stderr };
}

async function typeOfK(): Promise<string | undefined> {
  const rows = await space.query<{ type: string }>(
    "SELECT COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' AND COLUMN_NAME = 'k'",
  );
  return rows[0]?.type;
}

/** What the last round has saved. */
async function savedRows(): Promise<number> {
  const [state] = (await space.tables()).filter((name) => /^_sterna_[0-9a-f]{20}$/.test(name));
  if (state === undefined) return 0;
  const [row] = await space.query<{ n: string | null }>(
    `SELECT record->>'$.rowsCopied' AS n FROM \`${state}\` WHERE id LIKE 'table:%'`,
  );
  return Number(row?.n ?? 0);
}

const copied = (atLeast: number): Promise<unknown> =>
  until(`${atLeast} rows are copied`, async () => (await savedRows()) >= atLeast, { intervalMs: 20 });

describe('alter --local', () => {
  it('changes a table under writes without losing one, and loads nothing of Temporal (E2)', async () => {
    await fill(space, 't', 30_000);
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 100 });
    const refuse = path.join(folder, 'refuse.mjs');
    await writeFile(refuse, REFUSE_TEMPORAL);
    const args = ['alter', '-t', 'shop', '-e', 'test', '-n', space.name, MODIFY, '--local', '-y', '--json'];
    // The same modules as the built command, each a file of its own.
    await using running = CliProcess.start(args, env, { node: ['--import', refuse], program: 'dist/cli/main.js' });
    expect(await ended(running)).toMatchObject({
      exit: 0,
      changeId: expect.stringMatching(/^shop\.test\.local-[0-9a-f]{12}$/) as string,
      state: 'completed',
      tasks: [{ table: 't', execution: 'copy', state: 'completed', report: { rowsRepaired: 0 } }],
    });
    await writer.stop();
    expect(writer.acknowledged).toBeGreaterThan(0);
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(await typeOfK()).toBe('bigint');
    expect(await space.tables()).toEqual(['t']);
  });

  it('shows the plan without -y, and leaves nothing', async () => {
    await using running = alter(MODIFY);
    expect(await ended(running)).toMatchObject({ exit: 0, said: expect.stringContaining('MODIFY k BIGINT') as string });
    expect(await space.tables()).toEqual(['t']);
    expect(await typeOfK()).toBe('int');
  });

  it('changes without a copy as well, and says so when there is nothing to do', async () => {
    await using running = alter('ALTER TABLE t ADD COLUMN more INT', '-y');
    expect(await ended(running)).toMatchObject({
      exit: 0,
      said: expect.stringContaining('instant completed') as string,
    });
    expect(await space.tables()).toEqual(['t']);
  });

  it('killed in mid-copy, the same command goes on from its checkpoint and no write is missing (E2, E4)', async () => {
    await fill(space, 't', 60_000);
    const writer = await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 100 });
    await using first = alter(MODIFY, '-y', '--volume', '3');
    await copied(15_000);
    first.kill('SIGKILL');
    expect(await first.ended).toBe(null);
    await using look = alter(MODIFY);
    expect(await ended(look)).toMatchObject({
      exit: 0,
      said: expect.stringContaining('stopped, begun with this plan') as string,
    });
    await using second = alter(MODIFY, '-y', '--volume', '11');
    expect(await ended(second)).toMatchObject({ exit: 0, said: expect.stringContaining('completed') as string });
    expect(second.stdout).not.toContain('preparing');
    expect(second.stdout).not.toMatch(/copying (0|10)%/); // 15,000 of 60,000 were there
    await writer.stop();
    expect(await writer.differences(space.connection)).toEqual([]);
    expect(await typeOfK()).toBe('bigint');
    expect(await space.tables()).toEqual(['t']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s stops in order and says how to go on', async (signal) => {
    await fill(space, 't', 60_000);
    await using first = alter(MODIFY, '-y', '--volume', '3', '--json');
    await copied(5_000);
    first.kill(signal);
    const stopped = await ended(first);
    expect(stopped).toMatchObject({ exit: 1, state: 'stopped', tasks: [{ state: 'stopped' }] });
    expect(stopped.resume).toBe(
      `sterna alter -t shop -e test -n ${space.name} '${MODIFY}' --local -y --volume 3 --json`,
    );
    await expectNoLeaks({ users: [account.user] });
    expect(await space.tables()).toContain('_t_sterna_new');
    await using second = alter(MODIFY, '-y', '--volume', '11');
    expect(await ended(second)).toMatchObject({ exit: 0 });
    expect(await typeOfK()).toBe('bigint');
  });

  it('a second signal leaves at once, also where the first cannot be followed', async () => {
    await space.query('LOCK TABLES t READ'); // the statement waits for it
    await using running = alter('ALTER TABLE t ADD COLUMN more INT', '-y');
    await until('it waits for its lock', async () => {
      const rows = await space.query(
        "SELECT 1 FROM performance_schema.processlist WHERE user = ? AND state = 'Waiting for table metadata lock'",
        [account.user],
      );
      return rows.length > 0;
    });
    running.kill('SIGTERM');
    await until('it has heard', () => running.stderr.includes('stopping in order'));
    running.kill('SIGTERM');
    expect(await running.ended).toBe(130);
    await space.query('UNLOCK TABLES');
    await using second = alter('ALTER TABLE t ADD COLUMN more INT', '-y');
    expect(await ended(second)).toMatchObject({ exit: 0 });
    expect(await space.tables()).toEqual(['t']);
  });

  it('runs once at a time: the same command is refused while it runs, and disturbs nothing (E1)', async () => {
    await fill(space, 't', 60_000);
    await using first = alter(MODIFY, '-y', '--volume', '3', '--json');
    await copied(5_000);
    await using second = alter(MODIFY, '-y', '--json');
    expect(await ended(second)).toMatchObject({
      exit: 3,
      code: 'target_held',
      message: expect.stringMatching(/another one at it \(connection \d+ of the server\).*KILL \d+/) as string,
    });
    first.kill('SIGTERM');
    expect(await ended(first)).toMatchObject({ exit: 1, state: 'stopped' });
    await using third = alter(MODIFY, '-y', '--volume', '11');
    expect(await ended(third)).toMatchObject({ exit: 0 });
  });

  it.each([MODIFY, 'ALTER TABLE t ADD COLUMN more INT'])(
    'is refused while another change has the table, which it leaves alone: %s (E1)',
    async (statement) => {
      await using other = await EngineChange.plan(space, 't', 'MODIFY note VARCHAR(300) NOT NULL');
      await other.prepare();
      const before = await space.tables();
      await using running = alter(statement, '-y', '--json');
      expect(await ended(running)).toMatchObject({
        exit: 3,
        code: 'target_held',
        state: 'failed',
        message: expect.stringContaining(`found it in ${other.step.changeId}`) as string,
      });
      expect(await space.tables()).toEqual(before);
      await other.copy();
      await other.cutOver();
      await other.cleanUp();
    },
  );

  it('failed, it has cleaned up and the original is as it was (E7)', async () => {
    await fill(space, 't', 100);
    await space.query("UPDATE t SET note = 'the same' WHERE id < 3");
    await using running = alter('ALTER TABLE t ADD UNIQUE KEY u (note)', '-y', '--allow-unsafe', '--json');
    expect(await ended(running)).toMatchObject({ exit: 1, code: 'row_does_not_fit', state: 'failed' });
    expect(await space.tables()).toEqual(['t']);
  });

  it.each([
    { what: 'an unsafe change', args: ['ALTER TABLE t DROP COLUMN note', '-y'], exit: 4, code: 'unsafe_not_allowed' },
    { what: 'no ALTER TABLE', args: ['DROP TABLE t', '-y'], exit: 2, code: 'statement_invalid' },
    {
      what: 'a table that is not there',
      args: ['ALTER TABLE nope ADD a INT', '-y'],
      exit: 2,
      code: 'statement_invalid',
    },
    {
      what: 'what only a workflow does',
      args: [MODIFY, '-y', '--queue', '--defer-cutover'],
      exit: 2,
      code: 'input_invalid',
    },
    {
      what: 'no such inventory',
      args: [MODIFY, '-y', '--inventory', '/nowhere.yaml'],
      exit: 5,
      code: 'inventory_unavailable',
    },
  ])('refuses $what and changes nothing', async ({ args: [statement = '', ...more], exit, code }) => {
    await using running = alter(statement, ...more, '--json');
    expect(await ended(running)).toMatchObject({ exit, code });
    expect(await space.tables()).toEqual(['t']);
  });

  it('refuses a target that nobody knows and an inventory that nobody names', async () => {
    const args = ['alter', '-t', 'nobody', '-e', 'test', '-n', space.name, MODIFY, '--local', '-y', '--json'];
    await using unknown = CliProcess.start(args, env);
    expect(await ended(unknown)).toMatchObject({ exit: 2, code: 'target_unknown' });
    await using unnamed = CliProcess.start(args, { ...env, STERNA_INVENTORY: '' });
    expect(await ended(unnamed)).toMatchObject({ exit: 2, code: 'config_invalid' });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';
import { EditedInventory } from './edited-inventory.js';
import { type Edit, RoutedChange } from './routed-change.js';

/**
 * The entry of a target is edited while a change of it is at some moment of its life. Work that has begun belongs to where
 * its state is: it is never continued elsewhere, and waits for a route that is gone.
 */
const EDITS: readonly Edit[] = ['moved', 'overridden', 'removed', 'renamed', 'left out', 'rotated'];
/** What the edited entry leads to. */
const LEADS: Readonly<Record<Edit, 'elsewhere' | 'nowhere' | 'there'>> = {
  moved: 'elsewhere',
  overridden: 'elsewhere',
  removed: 'nowhere',
  renamed: 'nowhere',
  'left out': 'nowhere',
  rotated: 'there',
};
const CODES: Partial<Record<Edit, string>> = {
  removed: 'target_unknown',
  renamed: 'target_unknown',
  'left out': 'namespace_not_allowed',
};

let plane: TestDataPlane;
let inventory: EditedInventory;
beforeAll(async () => {
  plane = await TestDataPlane.create('route');
  inventory = new EditedInventory(plane.folder);
  await inventory.set('unused', { environment: 'test', dsn: 'env:TEST_DSN' });
  await plane.startWorker({ STERNA_COPY_SLOTS: '20' });
});
afterAll(async () => {
  await plane.stopWorkers();
  await plane[Symbol.asyncDispose]();
});

/** One change for each edit, all at once. */
async function ofEach(course: (change: RoutedChange) => Promise<void>): Promise<void> {
  const changes = await Promise.all(EDITS.map((edit) => RoutedChange.create(edit, plane, inventory)));
  try {
    const ends = await Promise.allSettled(changes.map(course));
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
    await expectNoLeaks({ namespaces: changes.map(({ space }) => space), taskQueues: [plane.name] });
  } finally {
    for (const change of changes) await change[Symbol.asyncDispose]();
  }
}

async function copying(change: RoutedChange): Promise<void> {
  await change.start({ autoApply: true, volume: 0 });
  await change.reach('it copies', ({ tasks: [task] }) => task?.phase === 'copying');
}

/** What it has left where it was is removed from there, once the entry leads there again (E7). */
async function cleanedByDoctor(change: RoutedChange): Promise<void> {
  expect((await plane.client.events(change.id)).events.map(({ detail }) => detail)).toContainEqual(
    expect.stringMatching(/leftovers stay on the target: Expected the state of change/),
  );
  await change.expectTwinUntouched();
  await change.restore();
  const { stdout } = await plane.sterna(
    'doctor',
    '-t',
    change.target,
    '-e',
    'test',
    '-n',
    change.space.name,
    '--fix',
    '--json',
  );
  expect(JSON.parse(stdout), stdout).toMatchObject({ targets: [{ removed: [change.id] }] });
}

const WAITS = (change: RoutedChange): Promise<unknown> =>
  change.reach('it waits for its route', ({ waitingFor }) => waitingFor?.includes(CODES[change.edit] ?? '') === true);

describe('the entry of a target is edited, and a change of it', () => {
  it(
    'that is planned goes by the entry as it is when it begins, and refuses a table that is not as planned (R1, R4, P1)',
    { timeout: 180_000 },
    async () => {
      await ofEach(async (change) => {
        await change.start({});
        await change.reach('it is planned', ({ state }) => state === 'planned');
        await change.alterTwin();
        await change.editEntry();
        await change.send('apply');
        const end = { elsewhere: 'drifted', nowhere: CODES[change.edit], there: 'completed' }[LEADS[change.edit]];
        expect(await change.end(), change.edit).toBe(end);
        await change.expectAccounted(end === 'completed' ? 'bigint' : 'int');
      });
    },
  );

  it(
    'that copies goes on where it is, with the client that it has, and swaps nothing elsewhere (R1, R4, K2, E7)',
    { timeout: 180_000 },
    async () => {
      await ofEach(async (change) => {
        await copying(change);
        await change.editEntry();
        await change.goOnCopying();
        await goesOn(change);
      });
    },
  );

  it(
    'that is stopped goes on by the entry as it is then, and only where its state is (R1, R4, E4, E7)',
    { timeout: 180_000 },
    async () => {
      await ofEach(async (change) => {
        await copying(change);
        await change.send('stop');
        await change.reach('it is stopped', ({ state }) => state === 'stopped');
        await plane.client.send(change.id, 'setVolume', { caller: 'test', volume: 11 });
        await change.editEntry();
        if (change.edit === 'renamed') {
          // Nobody can clean up behind it, until somebody puts the entry back.
          await change.send('cancel');
          await change.reach('it cleans up', ({ waitingFor }) => waitingFor === 'the clean-up of the target');
          await change.restore();
          await change.reach('it is cancelled', ({ state }) => state === 'cancelled');
          await change.expectAccounted('int');
          return;
        }
        await change.send('resume');
        await goesOn(change);
      });
    },
  );

  it(
    'in its revert window keeps the old table where it is, and is reverted there or not at all (R1, R4, K2, E7)',
    { timeout: 180_000 },
    async () => {
      await ofEach(async (change) => {
        const { edit } = change;
        await change.start({ autoApply: true, revertWindow: '1h' });
        await change.reach('it guards', ({ tasks: [task] }) => task?.phase === 'guarding');
        await change.editEntry();
        expect(await change.status(), edit).toMatchObject({ state: 'revert_window' });
        expect((await change.status()).revertUnsafe, edit).toBeUndefined();
        await change.send('revert');
        if (LEADS[edit] === 'elsewhere') {
          const { revertUnsafe } = await change.reach('it is unsafe', ({ revertUnsafe }) => revertUnsafe !== undefined);
          expect(revertUnsafe?.code, edit).toBe('drifted');
          await change.send('finalize');
          expect(await change.end(), edit).toBe('completed');
          await cleanedByDoctor(change);
          await change.expectAccounted('bigint');
          return;
        }
        if (LEADS[edit] === 'nowhere') {
          await WAITS(change);
          await change.restore();
        }
        expect(await change.end(), edit).toBe('reverted');
        await change.expectAccounted('int');
      });
    },
  );

  it(
    'whose worker is killed in its first statement is never begun anew elsewhere (R1, S4, E7)',
    { timeout: 180_000 },
    async () => {
      await using change = await RoutedChange.create('moved', plane, inventory);
      await change.allowElsewhere();
      const reader = await connect(change.space.server, change.space.name);
      await reader.query('START TRANSACTION; SELECT * FROM t LIMIT 1');
      await change.start({ autoApply: true }, 'ALTER TABLE t ADD COLUMN n INT');
      await change.reach('its statement runs', ({ tasks: [task] }) => task?.phase === 'instant'); // and nothing of its plan
      await until('its statement waits', async () => {
        const [rows] = await change.space.connection.query(
          "SELECT 1 FROM performance_schema.processlist WHERE user = ? AND state LIKE 'Waiting for table metadata%'",
          [change.user],
        );
        return (rows as unknown[]).length > 0;
      });
      for (const worker of plane.workers) await worker.kill('SIGKILL');
      await change.moveEntry();
      await plane.startWorker();
      reader.destroy();
      expect(await change.end()).toBe('drifted');
      await cleanedByDoctor(change);
      await change.expectAccounted('int');
      await expectNoLeaks({ namespaces: [change.space], taskQueues: [plane.name] });
    },
  );
});

async function goesOn(change: RoutedChange): Promise<void> {
  const { edit } = change;
  if (LEADS[edit] === 'elsewhere') {
    expect(await change.end(), edit).toBe('drifted');
    await cleanedByDoctor(change);
    await change.expectAccounted('int');
    return;
  }
  if (LEADS[edit] === 'nowhere') {
    await WAITS(change);
    await change.restore();
  }
  expect(await change.end(), edit).toBe('completed');
  await change.expectAccounted('bigint');
}

import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeStatus } from '../../src/contract/index.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { snapshot } from '../support/snapshot.js';
import { until } from '../support/until.js';

let plane: TestDataPlane;
let mine: TestNamespace;
let theirs: TestNamespace;
beforeAll(async () => {
  mine = await TestNamespace.create('mine');
  theirs = await TestNamespace.create('theirs');
  for (const space of [mine, theirs]) {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 300);
  }
  const busy = 'throttle: { threads_running: 100000, commit_latency_ms: 100000, copies: 1000 }';
  plane = await TestDataPlane.create(
    'beside',
    `  mapped: { environment: test, dsn: "env:TEST_DSN", ${busy}, schema_overrides: { shop: ${mine.name}, their: ${theirs.name} } }\n`,
  );
  await plane.startWorker();
});
afterAll(async () => {
  await plane.stopWorkers();
  await expectNoLeaks({ namespaces: [mine, theirs], users: [plane.account.user] });
  await plane[Symbol.asyncDispose]();
  await mine.drop();
  await theirs.drop();
});

describe('a table of the same name in another namespace of the target', () => {
  it.each([
    ['as they are', 'BIGINT'],
    ['mapped by overrides', 'INT'],
  ])(
    'stays as it is to the byte after each operation, with namespaces %s (R3, R4)',
    { timeout: 120_000 },
    async (how, type) => {
      const isMapped = how !== 'as they are';
      const target = isMapped ? 'mapped' : plane.target;
      const namespace = isMapped ? 'shop' : mine.name;
      const before = await snapshot(theirs.connection, theirs.name);
      const untouched = async (after: string): Promise<void> =>
        expect(await snapshot(theirs.connection, theirs.name), after).toEqual(before);
      const at = { target, environment: 'test' };
      const start = (options: object): Promise<string> =>
        plane.client.start({
          ...at,
          statements: { [namespace]: [`ALTER TABLE t MODIFY k ${type} NOT NULL`] },
          options,
        });
      const inState = (id: string, look: (status: ChangeStatus) => boolean): Promise<unknown> =>
        until(`${id} goes on`, async () => look(await plane.client.status(id)), { timeoutMs: 60_000 });

      await plane.client.pull({ ...at, namespaces: [namespace] });
      await untouched('pull');
      await plane.client.probe({ targets: [target] });
      await untouched('probe');
      await plane.sterna('doctor', '-t', target, '-e', 'test', '-n', namespace, '--fix');
      await untouched('doctor');

      const id = await start({ deferCutover: true, revertWindow: '1h', volume: 0, allowUnsafe: true });
      const send = async (name: 'apply' | 'stop' | 'resume' | 'cutover' | 'revert'): Promise<void> => {
        await plane.client.send(id, name, { caller: 'test' });
      };
      await inState(id, ({ state }) => state === 'planned');
      await untouched('plan');
      await send('apply');
      await inState(id, ({ tasks: [task] }) => task?.phase === 'copying');
      await untouched('prepare');
      await send('stop');
      await inState(id, ({ state }) => state === 'stopped');
      await untouched('stop');
      await send('resume');
      await plane.client.send(id, 'setVolume', { caller: 'test', volume: 11 });
      await inState(id, ({ state }) => state === 'waiting_for_cutover');
      await untouched('resume, volume, copy, hold');
      await send('cutover');
      await inState(id, ({ state }) => state === 'revert_window');
      await untouched('cutover');
      await plane.sterna('pull', '-t', target, '-e', 'test', '-n', namespace, '-o', path.join(plane.folder, target));
      await send('revert');
      expect(await plane.client.result(id)).toMatchObject({ state: 'reverted' });
      await untouched('revert, clean-up');

      const done = await start({ autoApply: true, allowUnsafe: true });
      expect(await plane.client.result(done)).toMatchObject({ state: 'completed' });
      await untouched('a change at once');
      expect(await mine.query("SHOW COLUMNS FROM t LIKE 'k'")).toMatchObject([{ Type: type.toLowerCase() }]);
    },
  );
});

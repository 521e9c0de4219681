import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyingChanges, placeHolders } from '../support/copy-places.js';
import { entryFor, TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { dsn } from '../support/servers.js';
import { until } from '../support/until.js';

const PLACES = 3;
const ROWS = 3_000;
const CHANGES = Array.from({ length: 7 }, (_, n) => n);

/** A server of its own: places belong to a whole server. */
let mysql: MysqlProcess;
let space: TestNamespace;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
  space = await TestNamespace.create('places', mysql.server);
});
afterAll(async () => {
  await space.drop();
  await mysql[Symbol.asyncDispose]();
});

const holders = (): Promise<string[]> => placeHolders(space);

it(
  'changes of several workers share the places of a server; those of a dead worker go to others',
  { timeout: 180_000 },
  async () => {
    const target = (n: number): string => `places-${space.name.slice(-8)}-${n}`;
    const entries = CHANGES.map((n) => entryFor(target(n), 'DSN_PLACES').replace('copies: 1000', `copies: ${PLACES}`));
    await using plane = await TestDataPlane.create('places', entries.join(''));
    plane.env.DSN_PLACES = dsn(mysql.server);
    const begin = async (n: number): Promise<string> => {
      await space.query(PLAIN_TABLE.replace('`t`', `t${n}`));
      await fill(space, `t${n}`, ROWS);
      return plane.client.start({
        target: target(n),
        environment: 'test',
        statements: { [space.name]: [`ALTER TABLE t${n} MODIFY k BIGINT NOT NULL`] },
        options: { autoApply: true, volume: 0 }, // it holds, with its place
        caller: 'test',
      });
    };
    const first = await plane.startWorker();
    const ids: string[] = [];
    for (const n of CHANGES.slice(0, PLACES)) ids.push(await begin(n));
    await until('all places are taken', async () => (await holders()).length === PLACES, { timeoutMs: 60_000 });
    const dead = new Set(await holders());

    await plane.startWorker();
    for (const n of CHANGES.slice(PLACES)) ids.push(await begin(n));
    const waits = async (id: string): Promise<boolean> =>
      (await plane.client.status(id)).tasks.some(
        ({ progress }) => progress?.waitingFor?.startsWith('a place among') === true,
      );
    await until(
      'the others wait, and say so',
      async () => (await Promise.all(ids.slice(PLACES).map(waits))).every(Boolean),
      {
        timeoutMs: 60_000,
        intervalMs: 200,
      },
    );
    expect(new Set(await holders())).toEqual(dead);
    await until('those with a place copy', async () => (await copyingChanges(space)).length >= PLACES);
    expect((await copyingChanges(space)).sort(), 'and no others').toEqual(ids.slice(0, PLACES).sort());

    let most = 0;
    const ended = Promise.all(ids.map((id) => plane.client.result(id)));
    const over = new AbortController();
    void ended.finally(() => over.abort()).catch(() => undefined);
    await first.kill('SIGKILL');
    await until(
      'others have its places',
      async () => {
        const now = await holders();
        return now.length === PLACES && now.every((id) => !dead.has(id));
      },
      { timeoutMs: 20_000 },
    );
    await Promise.all(ids.map((id) => plane.client.send(id, 'setVolume', { caller: 'test', volume: 11 })));
    await until(
      'all have ended',
      async () => {
        most = Math.max(most, (await copyingChanges(space)).length);
        return over.signal.aborted;
      },
      { timeoutMs: 120_000, intervalMs: 20 },
    );
    expect((await ended).map(({ state }) => state)).toEqual(CHANGES.map(() => 'completed'));
    expect(most, 'at once, whoever holds a lock').toBe(PLACES);
    for (const n of CHANGES) {
      expect(await space.query(`SELECT COUNT(*) AS n FROM t${n}`)).toEqual([{ n: String(ROWS) }]);
      expect(JSON.stringify(await space.query(`SHOW CREATE TABLE t${n}`))).toContain('bigint NOT NULL');
    }
    await expectNoLeaks({ server: mysql.server, namespaces: [space], taskQueues: [plane.name] });
  },
);

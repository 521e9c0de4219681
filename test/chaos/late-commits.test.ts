import { afterAll, beforeAll, expect, it } from 'vitest';
import { LateCommits } from '../support/late-commits.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

/** How long a commit is in the binlog and not visible. */
const LATE_MS = 100;

let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it('a whole change and its revert lose no write while every commit becomes visible late (E2, E3)', async () => {
  await using space = await TestNamespace.create('late', server.server);
  await using commits = await LateCommits.install(server.server, LATE_MS);
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 2_000);
  // Indexes are taken for worth building later, so that rows are changed during a build as well.
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL, ADD KEY note (note)');
  const ended = new AbortController();
  const late = commits.again(ended.signal);
  const writer = await Writer.start({
    server: space.server,
    namespace: space.name,
    table: 't',
    rate: 400,
    connections: 8,
  });
  const written = async (more: number): Promise<void> => {
    const goal = writer.acknowledged + more;
    await until('more is written', () => writer.acknowledged > goal, { intervalMs: 5 });
  };
  try {
    await change.prepare();
    await change.copy();
    const holding = change.hold();
    holding.catch(() => undefined); // asserted below
    await until('it holds', () => change.progress.at(-1)?.phase === 'holding');
    await written(30);
    await change.control({ cutover: true });
    expect(await holding).toEqual({ outcome: 'asked' });
    expect(await change.cutOver()).toMatchObject({
      outcome: 'done',
      reports: { [`${space.name}.t`]: { rowsRepaired: 0 } },
    });
    await change.control({ cutover: false });
    const guarding = change.guard();
    guarding.catch(() => undefined); // asserted below
    await until('it guards', () => change.progress.at(-1)?.phase === 'guarding');
    await written(30);
    await change.control({ cutover: true });
    expect(await guarding).toEqual({ outcome: 'asked' });
    expect(await change.revert()).toMatchObject({ outcome: 'done' });
    await written(10);
  } finally {
    ended.abort();
    await writer.stop();
  }
  expect(await late).toBeGreaterThan(10);
  expect(await writer.differences(space.connection)).toEqual([]);
  expect(await space.query("SHOW COLUMNS FROM t LIKE 'k'")).toMatchObject([{ Type: 'int' }]);
  await commits.end();
  await change.cleanUp();
  expect(await space.tables()).toEqual(['t']);
});

import { expect } from 'vitest';
import { LateCommits } from './late-commits.js';
import { TestNamespace } from './namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from './online-change.js';
import { connect, type TestServer } from './servers.js';
import { until } from './until.js';

/** A change on a server of the test's own reads no row before its commit is visible, though the binlog has it already (E2). */
export async function expectFence(server: TestServer, kind: 'UPDATE' | 'XA'): Promise<void> {
  await using space = await TestNamespace.create('fence', server);
  await using commits = await LateCommits.install(server);
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 50);
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  await change.prepare();
  await change.copy();
  const holding = change.hold();
  await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));

  const application = await connect(server, space.name);
  const late = "UPDATE t SET note = 'late' WHERE id = 7";
  if (kind === 'XA')
    for (const sql of ["XA START 'l'", late, "XA END 'l'", "XA PREPARE 'l'"]) await application.query(sql);
  await commits.begin();
  const started = performance.now();
  const commit = application.query(kind === 'XA' ? "XA COMMIT 'l'" : late);
  await commits.waiting();
  expect(await noteOf(space, 't', 7)).not.toBe('late');

  await commit;
  expect(performance.now() - started).toBeGreaterThan(1_000); // it was held, so the fence had something to wait for
  await commits.end();
  await until('the shadow has it', async () => (await noteOf(space, '_t_sterna_new', 7)) === 'late', {
    timeoutMs: 10_000,
  });
  await change.control({ cutover: true });
  await holding;
  await change.cutOver();
  expect(await noteOf(space, 't', 7)).toBe('late');
  await change.cleanUp();
  await application.end();
}

export async function noteOf(space: TestNamespace, table: string, id: number): Promise<string | undefined> {
  return (await space.query<{ note: string }>(`SELECT note FROM \`${table}\` WHERE id = ?`, [id]))[0]?.note;
}

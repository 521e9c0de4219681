import { afterAll, beforeAll, expect, it } from 'vitest';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';

let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start();
  const admin = await connect(server.server);
  // Semi-synchronous replication without a replica: a commit is in the binlog at once and visible only when
  // the wait for an acknowledgement times out.
  await admin.query("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'");
  await admin.query('SET GLOBAL rpl_semi_sync_source_timeout = 2500');
  await admin.end();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it('never reads a row before its commit is visible, though the binlog has it already (E2)', async () => {
  await using space = await TestNamespace.create('fence', server.server);
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 50);
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  await change.prepare();
  await change.copy();
  const holding = change.hold();
  await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));

  const application = await connect(server.server, space.name);
  const admin = await connect(server.server);
  await admin.query('SET GLOBAL rpl_semi_sync_source_enabled = 1');
  const started = performance.now();
  const commit = application.query("UPDATE t SET note = 'late' WHERE id = 7");
  const notYet = await until('the commit waits for a replica', async () => {
    const [rows] = await admin.query(
      "SELECT COUNT(*) AS n FROM performance_schema.processlist WHERE state LIKE '%semi-sync%ACK%'",
    );
    return Number((rows as { n: string }[])[0]?.n) > 0;
  });
  expect(notYet).toBe(true);
  const [[visible]] = (await admin.query(`SELECT note FROM \`${space.name}\`.t WHERE id = 7`)) as unknown as [
    [{ note: string }],
  ];
  expect(visible.note).not.toBe('late');

  await commit;
  expect(performance.now() - started).toBeGreaterThan(1_000); // it was held, so the fence had something to wait for
  await admin.query('SET GLOBAL rpl_semi_sync_source_enabled = 0');
  await until(
    'the shadow has it',
    async () =>
      (await space.query<{ note: string }>('SELECT note FROM `_t_sterna_new` WHERE id = 7'))[0]?.note === 'late',
    { timeoutMs: 5_000 },
  );
  await change.control({ cutover: true });
  await holding;
  await change.cutOver();
  expect(await space.query('SELECT note FROM t WHERE id = 7')).toEqual([{ note: 'late' }]);
  await change.cleanUp();
  await application.end();
  await admin.end();
});

import { expect, it } from 'vitest';
import { connect } from '../support/servers.js';
import { TestNamespace } from '../support/namespace.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

const TABLE =
  '(id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL, u BIGINT NULL UNIQUE)';

it('knows exactly what must be found, whatever becomes of its connections', async () => {
  await using space = await TestNamespace.create('writer');
  for (const table of ['t', 's']) {
    await space.query(`CREATE TABLE ${table} ${TABLE}`);
    await space.query(`INSERT INTO ${table} (k, note, u) SELECT k, note, NULL FROM (SELECT 1 AS k, 'one' AS note) q`);
  }
  const writer = await Writer.start({
    server: space.server,
    namespace: space.name,
    table: 't',
    second: 's',
    rate: 2_000,
    xa: true,
    longMs: 100,
  });
  const admin = await connect(space.server);
  const sessions = 'SELECT ID AS id FROM performance_schema.processlist WHERE DB = ? AND ID <> ?';
  for (let kills = 0; kills < 40 || writer.uncertain.size < 3; kills += 1) {
    const [rows] = await admin.query(sessions, [space.name, space.connection.threadId]);
    for (const { id } of rows as { id: string }[]) await admin.query(`KILL ${id}`).catch(() => undefined); // gone by itself
    const sofar = writer.acknowledged;
    await until('it goes on', () => writer.acknowledged > sofar + 20, { intervalMs: 1 });
  }
  await writer.stop();
  await admin.end();
  expect(await writer.differences(space.connection)).toEqual([]);
  const [row] = await space.query<{ data: string }>('XA RECOVER');
  expect(String(row?.data ?? '').startsWith(space.name)).toBe(false);

  // What the account says of a write that is missing, of one that nobody made, and of half a transaction.
  // Of a row that no undecided transaction has touched, so that it is told of by itself.
  const undecided = new Set<string>([...writer.uncertain].flatMap(({ before }) => [...before.keys()]));
  const ids = await space.query<{ id: string }>("SELECT id FROM t WHERE note LIKE 'write%' ORDER BY id DESC");
  const id = ids.find((row) => !undecided.has(`0:${row.id}`))?.id;
  await space.query("UPDATE t SET note = 'lost' WHERE id = ?", [id]);
  await space.query("INSERT INTO s (id, k, note) VALUES (-999999999, 1, 'nobody')");
  const differences = await writer.differences(space.connection);
  expect(differences).toHaveLength(2);
  expect(differences.join()).toMatch(new RegExp(`t ${id}: .*"lost".*s -999999999: expected null`));
  const half = (row: object | null): never => new Map([[`0:${id}`, row]]) as never;
  writer.uncertain.add({ before: half(null), after: half({ k: 1, note: 'whole', u: null }) });
  expect((await writer.differences(space.connection)).join()).toContain('half of a transaction');
});

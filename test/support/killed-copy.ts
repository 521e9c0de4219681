import { expect } from 'vitest';
import type { MysqlProcess } from './mysql-process.js';
import { TestNamespace } from './namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from './online-change.js';
import { until } from './until.js';
import { Writer } from './writer.js';

/** A server that is killed in mid-copy and comes back: the copy goes on from its checkpoint and no write is missing (E2, E4). */
export async function expectCopySurvivesKill(server: MysqlProcess): Promise<void> {
  const space = await TestNamespace.create('killed', server.server);
  space.connection.on('error', () => undefined); // it goes down with the server
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 40_000);
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  await change.prepare();
  await change.control({ volume: 5 });
  const writer = await Writer.start({ server: server.server, namespace: space.name, table: 't', rate: 200 });
  const copying = change.copy();
  copying.catch(() => undefined); // asserted below
  await until('it copies', () => change.progress.some((p) => p.phase === 'copying' && p.rows > 15_000), {
    intervalMs: 5,
  });
  await server.kill('SIGKILL');
  await expect(copying).rejects.toMatchObject({
    code: expect.stringMatching(/^(connection_lost|server_unreachable)$/) as string,
  });
  await server.start();
  const before = change.progress.length;
  await change.copy();
  expect(change.progress.slice(before).find(({ phase }) => phase === 'copying')?.rows).toBeGreaterThan(0);
  await change.cutOver();
  await writer.stop();
  const after = await TestNamespace.create('check', server.server);
  await after.query(`USE \`${space.name}\``);
  expect(writer.acknowledged).toBeGreaterThan(100);
  expect(await writer.differences(after.connection)).toEqual([]);
  await change.cleanUp();
  expect((await after.query(`SHOW TABLES`)).length).toBe(1);
  await after.drop();
  await space.drop();
}

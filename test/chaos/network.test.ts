import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MysqlServer, PATIENCE } from '../../src/mysql/index.js';
import { ChaosRun } from '../support/chaos-run.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { mulberry32, testSeed } from '../support/random.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { until } from '../support/until.js';

/*
 * A network that cuts connections, or lets them go silent. STERNA_CHAOS_ROUNDS=20 runs twenty changes through it, with
 * other seeds.
 */

const usual = { ...PATIENCE };
beforeEach(() => {
  Object.assign(PATIENCE, { answer: 1_500, kill: 500, open: 1_500, look: 300, stream: 1_500 });
});
afterEach(() => {
  Object.assign(PATIENCE, usual);
});

const rounds = Number(process.env.STERNA_CHAOS_ROUNDS ?? 1);

describe('a network that breaks at random', () => {
  it.each(Array.from({ length: rounds }, (_, round) => testSeed() + round))(
    'loses no write, and the change goes on (E2, E4, E5), seed %d',
    { timeout: 120_000 },
    async (seed) => {
      await using proxy = await CuttingProxy.start(testServers().mysqlA);
      await using run = await ChaosRun.create({ seed, server: testServers().mysqlA, through: proxy.server });
      const quiet = new AbortController();
      const trouble = proxy.trouble(mulberry32(seed), 500, quiet.signal);
      // Enough is enough: a change that is hit all the time has no chance.
      const calm = setTimeout(() => quiet.abort(), 10_000);
      try {
        await run.drive();
      } finally {
        clearTimeout(calm);
        quiet.abort();
        await trouble;
      }
      // Connections that have gone silent are the server's until it ends them.
      await proxy[Symbol.asyncDispose]();
      await run.account();
      console.log(`seed ${seed}: ${proxy.cuts} cuts, ${proxy.silences} silences, ${run.errors.length} attempts failed`);
    },
  );
});

describe('a connection that goes silent', () => {
  it('fails every statement that waits for an answer, and a close does not wait', async () => {
    await using proxy = await CuttingProxy.start(testServers().mysqlA);
    const server = await MysqlServer.open(connectionConfig(proxy.server));
    const session = await server.connect({ answerMs: PATIENCE.answer });
    const other = await server.connect();
    await server.query('SELECT 1');
    proxy.silence();
    const lost = { code: 'connection_lost', message: expect.stringContaining('within 1.5 s') as string };
    await expect(session.query('SELECT 1')).rejects.toMatchObject(lost);
    await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'connection_lost' });
    await expect(server.query('SELECT 1')).rejects.toMatchObject({ code: 'connection_lost' });
    const waiting = other.query('SELECT 1');
    const failed = expect(waiting).rejects.toMatchObject({ code: 'connection_lost' });
    other.destroy();
    await failed;
    await session.close();
    expect(await server.query('SELECT 1 AS one')).toEqual([{ one: 1 }]); // by a new one
    await server.close();
  });

  it('ends a statement that may take hours as well, when the server does not run it any more', async () => {
    await using space = await TestNamespace.create('silent');
    await using proxy = await CuttingProxy.start(space.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 100);
    await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
    await change.reach(proxy.server);
    change.reached = (point) => {
      if (point === 'defining') proxy.silence();
      return Promise.resolve();
    };
    await expect(change.change.runStatements(change.step, change.context())).rejects.toMatchObject({
      code: 'connection_lost',
    });
    change.reached = () => Promise.resolve();
    expect(await change.change.runStatements(change.step, change.context())).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('ends the attempt when it is the binlog stream, however quiet the rest is', async () => {
    await using space = await TestNamespace.create('stream');
    await using proxy = await CuttingProxy.start(space.server);
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 100);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.reach(proxy.server);
    await change.prepare();
    await change.copy();
    const holding = change.hold();
    holding.catch(() => undefined); // asserted below
    await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));
    const dumps = await space.query<{ host: string }>(
      "SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'",
    );
    proxy.silencePorts(new Set(dumps.map(({ host }) => Number(host.split(':').at(-1)))));
    expect(proxy.silences).toBe(1);
    await space.query("UPDATE t SET note = 'late' WHERE id = 1");
    await expect(holding).rejects.toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining('silent') as string,
    });
    await change.control({ cutover: true });
    expect(await change.hold()).toEqual({ outcome: 'asked' });
    expect(await space.query('SELECT note FROM `_t_sterna_new` WHERE id = 1')).toEqual([{ note: 'late' }]);
    await change.cleanUp();
  });
});

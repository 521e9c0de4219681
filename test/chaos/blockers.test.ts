import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

/* On a server of its own: some of these locks hold every session of a server. */

let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Blocker {
  readonly take: string;
  readonly release: string;
  /** What the status says, or the error that the step is tried again for. */
  readonly named: RegExp;
  /** Holds writers by itself, so that their waits tell nothing about the cutover. */
  readonly holdsWriters?: true;
}

const SLEEPS = /connection \d+ \(Sleep/;
const BLOCKERS: Readonly<Record<string, Blocker>> = {
  'a transaction that has read': {
    take: 'START TRANSACTION; SELECT * FROM t LIMIT 1',
    release: 'ROLLBACK',
    named: SLEEPS,
  },
  'a transaction that has written': {
    take: "START TRANSACTION; INSERT INTO t (k, note) VALUES (7, 'of the blocker')",
    release: 'ROLLBACK',
    named: SLEEPS,
  },
  'a backup lock': {
    take: 'LOCK INSTANCE FOR BACKUP',
    release: 'UNLOCK INSTANCE',
    named: /connection \d+ \(Sleep, \d+ s, backup lock\)/,
  },
  'a global read lock': {
    take: 'FLUSH TABLES WITH READ LOCK',
    release: 'UNLOCK TABLES',
    named: /Lock wait timeout|global read lock/,
    holdsWriters: true,
  },
  'tables flushed for export': {
    take: 'FLUSH TABLES t FOR EXPORT',
    release: 'UNLOCK TABLES',
    named: SLEEPS,
    holdsWriters: true,
  },
  'LOCK TABLES of a session': {
    take: 'LOCK TABLES t READ',
    release: 'UNLOCK TABLES',
    named: SLEEPS,
    holdsWriters: true,
  },
  'a prepared XA transaction': {
    take: "XA START 'forgotten'; UPDATE t SET note = 'by XA' WHERE id = 1; XA END 'forgotten'; XA PREPARE 'forgotten'",
    release: "XA ROLLBACK 'forgotten'",
    named: /prepared XA transaction/,
  },
};

async function copied(space: TestNamespace): Promise<EngineChange> {
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 1_000);
  const change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
  await change.prepare();
  await change.copy();
  return change;
}

/** As Temporal does: tried again until it is done. The errors on the way go to `errors`. */
async function persist(change: EngineChange, errors: string[]): Promise<unknown> {
  for (;;) {
    try {
      return await change.cutOver();
    } catch (error) {
      if (!(error instanceof SternaError) || !error.retryable) throw error;
      errors.push(error.message);
    }
  }
}

describe('a cutover that is blocked holds no writer longer than its budget, names who blocks it, and succeeds after (E2, E6)', () => {
  it.each(Object.entries(BLOCKERS))('%s', async (_, { take, release, named, holdsWriters }) => {
    await using space = await TestNamespace.create('blocked', server.server);
    await using change = await copied(space);
    const blocker = await connect(server.server, space.name);
    const free = async (): Promise<void> => {
      await blocker.query(release);
      await blocker.end();
    };
    await blocker.query(take);
    const errors: string[] = [];
    const told = (): string => [...change.progress.map((p) => p.waitingFor ?? ''), ...errors].join(' | ');
    const writer = await Writer.start({ server: server.server, namespace: space.name, table: 't', rate: 60, seed: 1 });
    const cutting = persist(change, errors);
    cutting.catch(() => undefined); // asserted below
    try {
      await until('it was tried', () => named.test(told()), { timeoutMs: 20_000 });
      expect((await space.tables()).includes('_t_sterna_new')).toBe(true);
      // A control can be written all the same, but for what holds every writer.
      if (holdsWriters === undefined) expect(await change.control({ volume: 9 })).toEqual([]);
    } catch (error) {
      throw new Error(`told: ${told()}`, { cause: error });
    } finally {
      await free();
    }
    const sofar = writer.latencies.length;
    expect(await cutting).toMatchObject({ outcome: 'done' });
    await until('it writes on', () => writer.latencies.length > sofar + 20);
    await writer.stop();
    // The row that a blocker has locked is locked by it, not by the cutover.
    if (holdsWriters === undefined && !take.includes('id = 1'))
      expect(Math.max(...writer.latencies)).toBeLessThan(6_000);
    expect(await writer.differences(space.connection)).toEqual([]);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });
});

describe('a connection that is lost at the RENAME', () => {
  /** Once the cutover waits with this statement. */
  async function waits(admin: Connection, statement: string): Promise<number> {
    return until('it waits', async () => {
      const [rows] = await admin.query(
        "SELECT ID AS id FROM performance_schema.processlist WHERE INFO LIKE ? AND STATE LIKE 'Waiting for%'",
        [`${statement}%`],
      );
      return Number((rows as { id: number | string }[])[0]?.id ?? 0);
    });
  }

  it('is decided from the target when it is lost during it (E5)', async () => {
    await using space = await TestNamespace.create('during', server.server);
    await using change = await copied(space);
    const blocker = await connect(server.server, space.name);
    const admin = await connect(server.server);
    change.reached = async (point) => {
      if (point === 'renaming') await blocker.query('LOCK INSTANCE FOR BACKUP');
    };
    const cutting = change.cutOver();
    cutting.catch(() => undefined); // asserted below
    await admin.query(`KILL ${await waits(admin, 'RENAME TABLE')}`);
    await expect(cutting).rejects.toMatchObject({ code: 'connection_lost' });
    expect(await space.tables()).toContain('_t_sterna_new');
    change.reached = () => Promise.resolve();
    await blocker.query('UNLOCK INSTANCE');
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    await blocker.end();
    await admin.end();
  });

  it('is decided from the target when it is lost after it and before its note (E5)', async () => {
    await using space = await TestNamespace.create('after', server.server);
    await using change = await copied(space);
    const admin = await connect(server.server);
    change.reached = async (point) => {
      if (point !== 'renamed') return;
      const [rows] = await admin.query(
        "SELECT OWNER_THREAD_ID AS thread, (SELECT PROCESSLIST_ID FROM performance_schema.threads WHERE THREAD_ID = OWNER_THREAD_ID) AS id FROM performance_schema.metadata_locks WHERE OBJECT_SCHEMA = ? AND LOCK_TYPE = 'SHARED_NO_READ_WRITE' LIMIT 1",
        [space.name],
      );
      await admin.query(`KILL ${(rows as { id: number }[])[0]?.id}`);
    };
    await expect(change.cutOver()).rejects.toMatchObject({ code: 'connection_lost' });
    change.reached = () => Promise.resolve();
    const before = change.logged.length;
    expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
    expect(change.logged.length).toBe(before);
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
    await admin.end();
  });
});

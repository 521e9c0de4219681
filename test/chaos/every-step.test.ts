import { Client, Connection } from '@temporalio/client';
import type mysql from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { entryFor, TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace, uniqueName } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, testServers } from '../support/servers.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';

/** A change that is in one activity and stays there until `release`. */
interface Stage {
  readonly alter: string;
  readonly options?: object;
  /** Keeps the activity from ending. @default nothing: it lasts long enough, or waits by itself */
  readonly block?: string;
  /** Sent once the change waits for its cutover. */
  readonly then?: 'cutover' | 'cancel';
}

const COPY = 'ALTER TABLE t MODIFY k BIGINT NOT NULL';
const READ = 'START TRANSACTION; SELECT * FROM t LIMIT 1';
/** In this order: what gives up when it is kept from ending for long comes late. */
const STAGES: Readonly<Record<string, Stage>> = {
  holdTables: { alter: COPY, options: { deferCutover: true } },
  cleanUp: {
    alter: COPY,
    options: { deferCutover: true },
    block: 'START TRANSACTION; SELECT * FROM `_t_sterna_new` LIMIT 1',
    then: 'cancel',
  },
  runStatements: { alter: 'ALTER TABLE t ADD COLUMN n INT', block: READ },
  prepareTables: { alter: COPY, block: 'LOCK TABLES t WRITE' },
  cutOver: { alter: COPY, options: { deferCutover: true }, block: READ, then: 'cutover' },
  planChange: { alter: COPY, block: 'LOCK TABLES t WRITE' },
  copyTables: { alter: COPY, options: { volume: 1 } }, // last: it does not wait
};
const ROWS = 8_000;

/** One change on a target, a schema and a writer of its own. */
class StagedChange {
  readonly id: string;
  readonly #blocker: mysql.Connection;

  private constructor(
    readonly activity: string,
    private readonly target: string,
    private readonly stage: Stage,
    readonly space: TestNamespace,
    private readonly plane: TestDataPlane,
    private readonly writer: Writer | undefined,
    blocker: mysql.Connection,
  ) {
    this.id = `${target}.test.1`;
    this.#blocker = blocker;
  }

  static async begin(activity: string, target: string, stage: Stage, plane: TestDataPlane): Promise<StagedChange> {
    const space = await TestNamespace.create(activity.toLowerCase());
    await space.query(PLAIN_TABLE);
    await fill(space, 't', ROWS);
    const blocker = await connect(space.server, space.name);
    // A table that is locked has no writers.
    const writer = stage.block?.startsWith('LOCK')
      ? undefined
      : await Writer.start({ server: space.server, namespace: space.name, table: 't', rate: 20 });
    return new StagedChange(activity, target, stage, space, plane, writer, blocker);
  }

  /** Brings the change into the activity. */
  async reach(client: Client): Promise<void> {
    const { plane, space, stage, activity, target } = this;
    if (activity === 'planChange') await this.#block();
    const plan = { target, environment: 'test', statements: { [space.name]: [stage.alter] } };
    await plane.client.start({ ...plan, options: stage.options ?? {}, caller: 'test' }, this.id);
    if (activity !== 'planChange') {
      await this.#inState('planned');
      if (stage.then === undefined) await this.#block();
      await plane.client.send(this.id, 'apply', { caller: 'test' });
    }
    if (stage.then !== undefined) {
      await this.#inState('waiting_for_cutover');
      await this.#block();
      await plane.client.send(this.id, stage.then, { caller: 'test' });
    }
    await until(
      `${activity} runs`,
      async () => {
        const { raw } = await client.workflow.getHandle(this.id).describe();
        return raw.pendingActivities?.some(
          ({ activityType, lastStartedTime }) => activityType?.name === activity && lastStartedTime != null,
        );
      },
      { timeoutMs: 30_000 },
    );
  }

  /** Lets go of what keeps the change in its activity, as often as called. */
  release(): void {
    this.#blocker.destroy();
  }

  /** Lets the change go on to its end, and accounts for every row. */
  async finish(): Promise<void> {
    const { plane, space, stage, activity, id } = this;
    this.release();
    if (activity === 'planChange') {
      await this.#inState('planned');
      await plane.client.send(id, 'apply', { caller: 'test' });
    }
    if (activity === 'copyTables') await plane.client.send(id, 'setVolume', { caller: 'test', volume: 11 });
    if (activity === 'holdTables') {
      await this.#inState('waiting_for_cutover');
      await plane.client.send(id, 'cutover', { caller: 'test' });
    }
    const end = stage.then === 'cancel' ? 'cancelled' : 'completed';
    await this.#inState(end);
    await plane.client.result(id).catch(() => undefined); // a cancelled one has none
    await this.writer?.stop();
    if (this.writer) expect(await this.writer.differences(space.connection), activity).toEqual([]);
    else expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: String(ROWS) }]);
    const changed = stage.alter === COPY ? '`k` bigint NOT NULL' : '`n` int';
    const definition = String((await space.query('SHOW CREATE TABLE t'))[0]?.['Create Table']);
    expect(definition.includes(changed), activity).toBe(end === 'completed');
  }

  async #block(): Promise<void> {
    if (this.stage.block !== undefined) await this.#blocker.query(this.stage.block);
  }

  async #inState(state: string): Promise<void> {
    await until(`${this.id} is ${state}`, async () => (await this.plane.client.status(this.id)).state === state, {
      timeoutMs: 100_000,
      intervalMs: 100,
    });
  }
}

async function attempts(client: Client, id: string): Promise<number[]> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const found = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
  return [...new Set(found)];
}

describe('a worker that goes away in any activity loses nothing: another one goes on (E2, E4, E5, E7)', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('%s', { timeout: 300_000 }, async (signal) => {
    const run = uniqueName('run').slice(-8);
    const target = (activity: string): string => `${signal}-${activity}-${run}`.toLowerCase();
    const entries = Object.keys(STAGES).map((name) => entryFor(target(name)));
    await using plane = await TestDataPlane.create('steps', entries.join(''));
    const connection = await Connection.connect({ address: testServers().temporalAddress });
    const client = new Client({ connection });
    const changes: StagedChange[] = [];
    try {
      const worker = await plane.startWorker();
      for (const [activity, stage] of Object.entries(STAGES)) {
        const change = await StagedChange.begin(activity, target(activity), stage, plane);
        changes.push(change);
        await change.reach(client);
      }
      await plane.startWorker();
      const gone = worker.kill(signal);
      await Promise.all(changes.map((change) => change.finish()));
      await gone;
      // S4: a drain spends no attempt of a copy, whatever it was at.
      if (signal === 'SIGTERM') {
        for (const { activity, id } of changes) {
          if (['runStatements', 'copyTables', 'holdTables', 'cutOver'].includes(activity))
            expect(await attempts(client, id), activity).toEqual([1]);
        }
      }
      await expectNoLeaks({ namespaces: changes.map(({ space }) => space), taskQueues: [plane.name] });
    } finally {
      await connection.close();
      // A lock that is still held after a failure would keep the schema from being dropped, and hide the failure.
      for (const change of changes) change.release();
      for (const { space } of changes) await space.drop();
    }
  });
});

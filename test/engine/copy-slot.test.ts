import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StepOutcome } from '../../src/contract/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE, EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { until } from '../support/until.js';

/** A server of its own: places belong to a whole server. */
let mysql: MysqlProcess;
let space: TestNamespace;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
});
afterAll(async () => {
  await mysql[Symbol.asyncDispose]();
});
beforeEach(async () => {
  space = await TestNamespace.create('places', mysql.server);
  Copy.at = Copy.most = Copy.order.length = 0;
});
afterEach(async () => {
  for (const copy of Copy.all.splice(0)) await copy.remove();
  await expectNoLeaks({ server: mysql.server, namespaces: [space] });
  await space.drop();
});

/** A change of a small table of its own, and when it had a place. */
class Copy {
  static readonly all: Copy[] = [];
  static at = 0;
  static most = 0;
  /** Names, in the order in which they got their place. */
  static readonly order: string[] = [];
  /** Of the step that runs. */
  readonly abort = new AbortController();
  readonly drain = new AbortController();
  outcome: Promise<StepOutcome> | undefined;
  ended = false;

  private constructor(
    readonly name: string,
    readonly change: EngineChange,
  ) {}

  static async prepared(name: string, copies: number): Promise<Copy> {
    await space.query(PLAIN_TABLE.replace('`t`', `\`${name}\``));
    await fill(space, name, 400);
    const throttling = { replicas: [], limits: { ...BUSY_MACHINE, copies } };
    const copy = new Copy(name, await EngineChange.plan(space, name, 'MODIFY k BIGINT NOT NULL', 400, throttling));
    Copy.all.push(copy);
    await copy.change.prepare();
    return copy;
  }

  /** Until then it holds, with its place. */
  async hold(): Promise<this> {
    await this.change.control({ volume: 0 });
    return this;
  }

  async letGo(): Promise<void> {
    await this.change.control({ volume: 11 });
  }

  /** It has ended, as it should. */
  async done(): Promise<StepOutcome> {
    return await (this.outcome ?? expect.fail('not begun'));
  }

  begin(): this {
    let has = false;
    const context = {
      ...this.change.context(this.abort.signal, this.drain.signal),
      reached: (point: string): Promise<void> => {
        if (point === 'following') {
          has = true;
          Copy.order.push(this.name);
          Copy.most = Math.max(Copy.most, (Copy.at += 1));
        }
        return Promise.resolve();
      },
    };
    this.outcome = this.change.copy(context).finally(() => {
      this.ended = true;
      if (has) Copy.at -= 1;
    });
    this.outcome.catch(() => undefined);
    return this;
  }

  async waits(): Promise<this> {
    await until(`${this.name} waits`, () => this.change.progress.at(-1)?.waitingFor?.startsWith('a place among'), {
      intervalMs: 5,
    });
    return this;
  }

  async has(): Promise<this> {
    await until(`${this.name} has a place`, () => Copy.order.includes(this.name), { intervalMs: 5 });
    return this;
  }

  async remove(): Promise<void> {
    if (!this.ended) this.abort.abort();
    await this.outcome?.catch(() => undefined);
    await this.change.cleanUp();
    await this.change[Symbol.asyncDispose]();
  }
}

describe('copies at once on a server', () => {
  it('are as many as it has places for, and all of them are made', async () => {
    const copies: Copy[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) copies.push(await Copy.prepared(name, 3));
    const outcomes = await Promise.all(copies.map((copy) => copy.begin().done()));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(copies.map(() => 'done'));
    expect(Copy.most).toBe(3);
  });

  it('come in the order in which they asked', async () => {
    const first = await (await Copy.prepared('a', 1)).hold();
    await first.begin().has();
    const others: Copy[] = [];
    for (const name of ['b', 'c', 'd']) {
      const copy = await Copy.prepared(name, 1);
      others.push(await copy.begin().waits());
    }
    await first.letGo();
    await Promise.all(others.map((copy) => copy.done()));
    expect(Copy.order).toEqual(['a', 'b', 'c', 'd']);
    expect(Copy.most).toBe(1);
  });

  it('wait only behind those that may have as many', async () => {
    const first = await (await Copy.prepared('a', 1)).hold();
    await first.begin().has();
    const waits = await (await Copy.prepared('b', 1)).begin().waits();
    const other = (await Copy.prepared('c', 2)).begin();
    expect(await other.done()).toMatchObject({ outcome: 'done' });
    await first.letGo();
    await waits.done();
    expect(Copy.order).toEqual(['a', 'c', 'b']);
  });

  it('leave the queue at once when they are stopped, handed over or cancelled, and it goes on', async () => {
    const first = await (await Copy.prepared('a', 1)).hold();
    await first.begin().has();
    const stopped = await Copy.prepared('b', 1);
    const drained = await Copy.prepared('c', 1);
    const aborted = await Copy.prepared('d', 1);
    const last = await Copy.prepared('e', 1);
    for (const copy of [stopped, drained, aborted, last]) await copy.begin().waits();
    await stopped.change.control({ run: 'stop' });
    expect(await stopped.done()).toMatchObject({ outcome: 'stopped' });
    drained.drain.abort();
    expect(await drained.done()).toEqual({ outcome: 'handover' });
    aborted.abort.abort();
    await expect(aborted.done()).rejects.toThrow('abort');
    await first.letGo();
    expect(await last.done()).toMatchObject({ outcome: 'done' });
    expect(Copy.order).toEqual(['a', 'e']);
  });

  it('that lose the connection on which they wait end this attempt, and the queue goes on', async () => {
    const first = await (await Copy.prepared('a', 1)).hold();
    await first.begin().has();
    const looks = await (await Copy.prepared('b', 1)).begin().waits();
    const lost = await (await Copy.prepared('c', 1)).begin().waits();
    const next = await (await Copy.prepared('d', 1)).begin().waits();
    const waiting = await space.query<{ id: string }>(
      "SELECT ID AS id FROM performance_schema.processlist WHERE INFO LIKE 'SELECT GET_LOCK%turn%' ORDER BY ID",
    );
    expect(waiting, 'behind the one that looks for a place').toHaveLength(2);
    await space.query(`KILL ${waiting[0]?.id}`);
    await expect(lost.done()).rejects.toMatchObject({ code: 'connection_lost' });
    await first.letGo();
    await Promise.all([looks.done(), next.done()]);
    expect(Copy.order).toEqual(['a', 'b', 'd']);
  });

  it('end with the connection of their place, which is then free for the next', async () => {
    const first = await Copy.prepared('a', 1);
    await first.change.control({ volume: 1 });
    await first.begin().has();
    const next = await Copy.prepared('b', 1);
    await next.begin().waits();
    const [place] = await space.query<{ id: string }>("SELECT IS_USED_LOCK('_sterna_copy_1') AS id");
    await space.query(`KILL ${place?.id}`);
    await expect(first.done()).rejects.toMatchObject({ code: 'connection_lost' });
    expect(await next.done()).toMatchObject({ outcome: 'done' });
  });
});

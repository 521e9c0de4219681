import type { TargetRouter } from '../../src/router/index.js';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createChangeActivities, createControlActivities, createReadActivities } from '../../src/activities/index.js';
import { ERRORS, type ErrorCode, SternaError, type StepInput, type TaskProgress } from '../../src/contract/index.js';
import type { OperationContext } from '../../src/target/index.js';
import { plan, plannedTask } from '../workflows/plans.js';
import { ActivityEnvironment } from './activity-environment.js';

interface Line {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

const STEP: StepInput = {
  changeId: 'shop.test.1',
  route: plan([]).route,
  planHash: 'x',
  stateNamespace: 'shop',
  tasks: [plannedTask('a')],
  control: { sequence: 1, run: 'run', volume: 5, cutover: false },
};
const PROGRESS: TaskProgress = { table: 'shop.a', phase: 'copying', rows: 10, of: 100, percent: 10, rowsPerSecond: 5 };

/** The activities over one target, whose every operation does what the test says. */
function activities(operation: (context: OperationContext) => unknown) {
  const drain = new AbortController();
  const lines: Line[] = [];
  const requests: unknown[] = [];
  const reads: unknown[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  const client = new Proxy(
    {},
    {
      get:
        () =>
        (...args: unknown[]) =>
          Promise.resolve(args.at(-1) as OperationContext).then(operation),
    },
  );
  const use = (request: unknown, work: (client: never) => Promise<unknown>): Promise<unknown> => {
    requests.push(request);
    return work(client as never);
  };
  const router = {
    use,
    read: (...args: Parameters<typeof use>) => {
      reads.push(args[0]);
      return use(...args);
    },
    list: () => Promise.resolve([]),
    inventoryHealth: () => Promise.resolve({ stale: false }),
  } as unknown as TargetRouter;
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const observed: unknown[] = [];
  const observers = { progress: (...told: unknown[]) => void observed.push(told) };
  const dependencies = { router, observers, drain: drain.signal, log };
  return {
    drain,
    lines,
    requests,
    reads,
    observed,
    change: createChangeActivities(dependencies),
    control: createControlActivities(dependencies),
    read: createReadActivities(dependencies),
  };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('Expected a failure, got none.'),
    (error: unknown) => error,
  );
}

describe('an activity', () => {
  it('asks the router for the route of the plan and for nothing else (R1, R3)', async () => {
    const { change, requests } = activities(() => ({ outcome: 'handover' }));
    expect(await new ActivityEnvironment().run(change.copyTables, STEP)).toEqual({ outcome: 'handover' });
    expect(requests).toEqual([{ target: 'shop', environment: 'test', type: 'mysql' }]);
  });

  it('that writes is done once by the router, but for the claim, which makes nothing that would be lost (E5)', async () => {
    const { change, control, reads } = activities(() => ({ outcome: 'handover' }));
    for (const work of [...Object.values(change), control.writeControl])
      if (work !== change.claimTarget) await new ActivityEnvironment().run(work as typeof change.copyTables, STEP);
    expect(reads).toEqual([]);
    await new ActivityEnvironment().run(change.claimTarget, STEP);
    expect(reads).toHaveLength(1);
  });

  it.each<[ErrorCode, boolean]>([
    ['server_unreachable', true],
    ['connection_lost', true],
    ['driver_replaced', true],
    ['drifted', false],
    ['rows_differ', false],
    ['access_denied', false],
  ])('gives %s its stable code; tried again: %s', async (code, retried) => {
    const { change } = activities(() => {
      throw new SternaError(code, 'what was expected', { cause: new Error('connect ECONNREFUSED 10.1.2.3:3306') });
    });
    const failure = (await failureOf(new ActivityEnvironment().run(change.copyTables, STEP))) as ApplicationFailure;
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect([failure.type, failure.message, failure.nonRetryable]).toEqual([code, 'what was expected', !retried]);
    expect(ERRORS[code].retry).toBe(retried);
    expect(failure.cause, 'R2: causes name hosts').toBeUndefined();
  });

  it.each(['target_unknown', 'secret_missing', 'access_denied', 'namespace_not_allowed'] as const)(
    'of a change that has begun is tried again after %s, and of one that has not it is not (S3)',
    async (code) => {
      const { change, control } = activities(() => {
        throw new SternaError(code, 'what was expected');
      });
      for (const begun of [true, false]) {
        const input = { ...STEP, ...(begun ? { begun } : {}) };
        for (const work of [change.copyTables, change.cleanUp, control.writeControl]) {
          const failure = await failureOf(new ActivityEnvironment().run(work as typeof change.cleanUp, input));
          expect(failure).toMatchObject({ type: code, nonRetryable: !begun });
        }
      }
    },
  );

  const NAMES = /10\.1\.2\.3|deploy|hunter2/;
  const DSN = 'mysql://deploy:hunter2@10.1.2.3:3306/';
  it.each<[string, Error]>([
    ['an Error', Object.assign(new Error(`connect to ${DSN}`), { code: 'ECONNREFUSED', address: '10.1.2.3' })],
    ['a TypeError', new TypeError(`Failed to parse URL from ${DSN}`)],
    ['a RangeError', new RangeError(`Invalid port in ${DSN}`)],
    ['a text that looks like a frame', new TypeError(`Expected a URL, got\n    at ${DSN}:1:1`)],
    ['a name and a code that are texts', Object.assign(new Error('x'), { name: `of ${DSN}`, code: `no ${DSN}` })],
  ])(
    'tells nothing of a foreign error but that it happened, neither in failures nor in logs (R2): %s',
    async (kind, error) => {
      const { change, lines } = activities(() => {
        throw error;
      });
      const failure = (await failureOf(new ActivityEnvironment().run(change.copyTables, STEP))) as ApplicationFailure;
      expect(failure.type).toBe('internal');
      expect(`${failure.message} ${JSON.stringify(lines)}`).not.toMatch(NAMES);
      const { at, errorCode } = lines.at(-1)?.fields as { at: string[]; errorCode?: string };
      expect(at[0], 'but where').toContain('activities.test.ts');
      expect(errorCode).toBe(kind === 'an Error' ? 'ECONNREFUSED' : undefined);
    },
  );

  it('logs with the change, the target and the tasks', async () => {
    const { change, lines } = activities((context) => {
      context.log.info({ rows: 7 }, 'copied');
      return { outcome: 'done', reports: {} };
    });
    await new ActivityEnvironment().run(change.copyTables, STEP);
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'copied',
        fields: expect.objectContaining({ changeId: 'shop.test.1', target: 'shop', tasks: ['shop.a'], rows: 7 }),
      },
    ]);
  });

  it('tells observers of every progress, with the change that it is of', async () => {
    const { change, observed } = activities((context) => {
      for (const rows of [1, 2]) context.progress({ ...PROGRESS, rows });
      return { outcome: 'handover' };
    });
    await new ActivityEnvironment().run(change.copyTables, STEP);
    const of = { changeId: 'shop.test.1', target: 'shop', environment: 'test' };
    expect(observed).toEqual([1, 2].map((rows) => [of, { ...PROGRESS, rows }]));
  });

  it('beats with the progress of the work, not more often than is read', async () => {
    const { change } = activities((context) => {
      for (let i = 0; i < 1_000; i += 1) context.progress(PROGRESS);
      return { outcome: 'done', reports: {} };
    });
    const run = new ActivityEnvironment();
    await run.run(change.copyTables, STEP);
    expect(run.heartbeats).toEqual([PROGRESS]);
  });

  it('does not beat for a copy that is stuck, and does beat for one long statement', async () => {
    const { change } = activities(async () => {
      await delay(1_300); // the work itself, which reports nothing
      return { outcome: 'done', reports: {} };
    });
    const stuck = new ActivityEnvironment();
    const patient = new ActivityEnvironment();
    await Promise.all([stuck.run(change.copyTables, STEP), patient.run(change.runStatements, STEP)]);
    expect(stuck.heartbeats).toHaveLength(0);
    expect(patient.heartbeats).toHaveLength(1);
  });

  it('that is cancelled ends as cancelled, whatever broke when it was cut off', async () => {
    const { change } = activities(async ({ signal }) => {
      await delay(60_000, undefined, { signal }).catch(() => undefined);
      throw new SternaError('sql_error', 'Query execution was interrupted');
    });
    const run = new ActivityEnvironment();
    const working = failureOf(run.run(change.copyTables, STEP));
    run.cancel();
    expect(await working).toBeInstanceOf(CancelledFailure);
  });

  it('a closed router gives the work back, for another worker, at attempt one (S4)', async () => {
    const { change } = activities(() => {
      throw new SternaError('router_closed', 'closed');
    });
    const failure = (await failureOf(new ActivityEnvironment().run(change.copyTables, STEP))) as ApplicationFailure;
    expect([failure.type, failure.nonRetryable]).toEqual(['router_closed', true]);
  });

  it('a drain breaks reads off and leaves steps to hand over (S4)', async () => {
    const read = activities(async ({ signal }) => delay(60_000, undefined, { signal }));
    const planning = failureOf(
      new ActivityEnvironment().run(read.read.planChange, {
        target: 'shop',
        environment: 'test',
        type: 'mysql',
        statements: {},
      }),
    );
    read.drain.abort();
    expect(await planning).toMatchObject({ type: 'router_closed', nonRetryable: true });

    const step = activities(async ({ drain, signal }) => {
      await delay(60_000, undefined, { signal: drain }).catch(() => undefined);
      return signal.aborted ? 'cut off' : { outcome: 'handover' };
    });
    const copying = new ActivityEnvironment().run(step.change.copyTables, STEP);
    step.drain.abort();
    expect(await copying).toEqual({ outcome: 'handover' });
  });
});

describe('a probe of many targets', () => {
  /** Targets whose probes end when the test says so. */
  function manyTargets(count: number) {
    const names = Array.from({ length: count }, (_, n) => `t${n}`);
    const ends: (() => void)[] = [];
    const running = { now: 0, most: 0 };
    const client = {
      probe: async () => {
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        await new Promise<void>((resolve) => ends.push(resolve));
        running.now -= 1;
        return { ok: true, serverVersion: '9.7.4', writable: true, milliseconds: 1 };
      },
    };
    const router = {
      list: () => Promise.resolve(names.map((target) => ({ target, environment: 'test', type: 'mysql', labels: {} }))),
      inventoryHealth: () => Promise.resolve({ stale: false }),
      read: (_: unknown, work: (client: never) => Promise<unknown>) => work(client as never),
    } as unknown as TargetRouter;
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const { probeAll } = createReadActivities({ router, drain: new AbortController().signal, log });
    return { names, ends, running, results: new ActivityEnvironment().run(probeAll, {}) };
  }

  it('has sixty-four at once, begins another one for each that ends, and answers in the order of the list', async () => {
    const { names, ends, running, results } = manyTargets(150);
    await turn();
    expect(running.now).toBe(64);
    ends.splice(3, 1)[0]?.();
    await turn();
    expect([running.now, ends.length]).toEqual([64, 64]);
    while (ends.length > 0) {
      for (const end of ends.splice(0).reverse()) end();
      await turn();
    }
    expect(running).toEqual({ now: 0, most: 64 });
    expect((await results).results.map(({ target }) => target)).toEqual(names);
  });
});

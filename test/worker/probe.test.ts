import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import type { TargetRouter } from '../../src/router/index.js';
import { probeTargets } from '../../src/worker/probe.js';

/** Targets whose probes end when the test says so. */
class Targets {
  readonly begun: string[] = [];
  readonly warnings: object[] = [];
  readonly #ends = new Map<string, { answer: () => void; fail: (error: Error) => void }>();
  readonly drain = new AbortController();
  readonly ended: Promise<void>;

  constructor(count: number) {
    const names = Array.from({ length: count }, (_, i) => `t${i}`);
    const router: Pick<TargetRouter, 'list' | 'read'> = {
      list: () => Promise.resolve(names.map((target) => ({ target, environment: 'test', type: 'mysql', labels: {} }))),
      read: ({ target }, work) => {
        this.begun.push(target);
        const probe = (): Promise<unknown> =>
          new Promise<void>((answer, fail) => this.#ends.set(target, { answer, fail }));
        return work({ probe } as never);
      },
    };
    const nothing = (): void => undefined;
    const warn = (fields: object): number => this.warnings.push(fields);
    this.ended = probeTargets(router, this.drain.signal, { debug: nothing, info: nothing, warn, error: nothing });
  }

  async answer(target: string, error?: Error): Promise<void> {
    const end = this.#ends.get(target);
    if (error === undefined) end?.answer();
    else end?.fail(error);
    await turn();
  }
}

describe('the look at all targets', () => {
  it('takes eight at a time', async () => {
    const targets = new Targets(10);
    await turn();
    expect(targets.begun).toHaveLength(8);
    await targets.answer('t3');
    expect(targets.begun).toHaveLength(9);
    for (let i = 0; i < 10; i += 1) await targets.answer(`t${i}`);
    await targets.ended;
    expect(targets.begun).toHaveLength(10);
    expect(targets.warnings).toEqual([]);
  });

  it('warns of a target that does not answer, and goes on', async () => {
    const targets = new Targets(9);
    await turn();
    await targets.answer('t0', new SternaError('server_unreachable', 'away'));
    expect(targets.warnings).toEqual([{ target: 't0', environment: 'test', code: 'server_unreachable' }]);
    expect(targets.begun).toHaveLength(9);
    for (let i = 1; i < 9; i += 1) await targets.answer(`t${i}`);
    await targets.ended;
  });

  it('ends with the drain, whatever the servers do, and begins no other', async () => {
    const targets = new Targets(10);
    await turn();
    targets.drain.abort();
    await targets.ended;
    expect(targets.begun).toHaveLength(8);
    expect(targets.warnings).toEqual([]);
  });
});

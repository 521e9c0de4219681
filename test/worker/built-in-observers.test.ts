import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { ObservedChange, TaskProgress } from '../../src/contract/index.js';
import { logObserver, MetricsObserver } from '../../src/worker/index.js';
import { Pace } from '../../src/worker/pace.js';

const CHANGE: ObservedChange = { changeId: 'shop.test.1', target: 'shop', environment: 'test' };
const AT = '2026-03-02T10:00:00.000Z';
const COPYING: TaskProgress = { table: 'shop.a', phase: 'copying', rows: 0, of: 100, percent: 0, rowsPerSecond: 5 };

describe('the log observer', () => {
  const lines: [object, string][] = [];
  let now = 0;
  const log = logObserver({ info: (...line) => void lines.push(line) }, new Pace(10_000, () => now));

  it('writes a line for each state, with the reason of a failure', () => {
    const error = { code: 'disk_full', message: 'no room' };
    void log.onState?.(CHANGE, 'running', 'failed', { at: AT, error });
    expect(lines.splice(0)).toEqual([
      [{ ...CHANGE, from: 'running', to: 'failed', code: 'disk_full', error: 'no room' }, 'change failed'],
    ]);
  });

  it('writes the progress of each task every ten seconds, and no more often', () => {
    for (const [at, task] of [
      [0, 'shop.a'],
      [9_999, 'shop.a'],
      [9_999, 'shop.b'],
      [10_000, 'shop.a'],
    ] as const) {
      now = at;
      void log.onProgress?.(CHANGE, task, { ...COPYING, table: task, rows: at });
    }
    expect(lines.map(([fields]) => fields)).toMatchObject([
      { changeId: CHANGE.changeId, task: 'shop.a', phase: 'copying', rows: 0 },
      { task: 'shop.b', rows: 9_999 },
      { task: 'shop.a', rows: 10_000 },
    ]);
  });
});

describe('the metrics', () => {
  function observed() {
    const registry = new Registry();
    const clock = { now: 0 };
    const metrics = new MetricsObserver(registry, () => clock.now);
    const report = (at: number, progress: Partial<TaskProgress>, change = CHANGE): void => {
      clock.now = at;
      metrics.onProgress(change, 'shop.a', { ...COPYING, ...progress });
    };
    const series = async (name: string): Promise<Record<string, number>> => {
      const text = await registry.getSingleMetricAsString(name);
      const found = [...text.matchAll(/^\w+\{(.*)\} (\S+)$/gm)];
      return Object.fromEntries(found.map(([, labels = '', value]) => [labels.replaceAll('"', ''), Number(value)]));
    };
    return { metrics, report, series };
  }

  it('count the states that changes come into', async () => {
    const { metrics, series } = observed();
    metrics.onState(CHANGE, undefined, 'planning');
    metrics.onState(CHANGE, 'planning', 'planned');
    metrics.onState({ ...CHANGE, changeId: 'other' }, 'planning', 'planned');
    expect(await series('sterna_change_states_total')).toEqual({
      'environment=test,state=planning': 1,
      'environment=test,state=planned': 2,
    });
  });

  it('count rows from where a step begins, and none twice that it goes back over', async () => {
    const { report, series } = observed();
    for (const rows of [1_000, 1_010, 1_030, 1_020, 1_025]) report(0, { rows });
    for (const rows of [5, 12]) report(0, { rows, phase: 'verifying' });
    report(0, { rows: 7, phase: 'holding' });
    expect(await series('sterna_rows_total')).toEqual({
      'environment=test,phase=copying': 35,
      'environment=test,phase=verifying': 7,
    });
  });

  it('count the time that a step is held, and none in which it was not there', async () => {
    const { report, series } = observed();
    report(0, {});
    report(1_000, { throttle: 'volume 0' });
    report(1_100, { throttle: 'volume 0' });
    report(1_300, {});
    report(2_000, { throttle: 'volume 0' });
    report(60_000, {});
    expect((await series('sterna_held_seconds_total'))['environment=test']).toBeCloseTo(0.3);
  });

  it('have no more environments than are real, whatever names are asked for', async () => {
    const { metrics, series } = observed();
    for (let i = 0; i < 1_000; i += 1) metrics.onState({ ...CHANGE, environment: `e${i}` }, undefined, 'planning');
    metrics.onState({ ...CHANGE, environment: 'e0' }, undefined, 'planning');
    const found = await series('sterna_change_states_total');
    expect(Object.keys(found)).toHaveLength(51);
    expect([found['environment=e0,state=planning'], found['environment=other,state=planning']]).toEqual([2, 950]);
  });
});

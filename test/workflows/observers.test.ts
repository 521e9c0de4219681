import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChangeState, type ObservedChange, SternaError } from '../../src/contract/index.js';
import type { ChangeObserver, StateDetails } from '../../src/worker/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { TestDataPlane } from './data-plane.js';
import { plannedTask } from './plans.js';

let plane: TestDataPlane;
beforeAll(async () => {
  plane = await TestDataPlane.start();
});
afterAll(async () => {
  await expectNoLeaks({ taskQueues: [plane.name] });
  await plane[Symbol.asyncDispose]();
});

type Told = [ObservedChange, ChangeState | undefined, ChangeState, StateDetails];

/** Of one change, which need not exist yet. */
class Recorder implements ChangeObserver {
  readonly told: Told[] = [];
  released = false;
  constructor(changeId: string) {
    plane.observers.observe(this, { changeId });
  }
  onState(...told: Told): void {
    this.told.push(told);
  }
  onRelease(): void {
    this.released = true;
  }
  /** The states, each with the one before it. */
  get way(): string[] {
    return this.told.map(([, from, to]) => `${from ?? ''}>${to}`);
  }
}

it('every state of a change is told in its order, to whoever waited for the change before it was there', async () => {
  const { name } = plane.target();
  const id = plane.newId(name);
  const recorder = new Recorder(id);
  const change = await plane.begin({ target: name, options: { deferCutover: true } }, id);
  await change.reaches('planned');
  await change.send('apply');
  await change.reaches('waiting_for_cutover');
  await change.send('cutover');
  await change.result();
  await until('the observer is released', () => recorder.released);
  const [first] = recorder.told;
  expect(first).toEqual([
    { changeId: id, target: name, environment: 'test' },
    undefined,
    'planning',
    { at: (await change.events()).events[0]?.at },
  ]);
  expect(recorder.way).toEqual([
    '>planning',
    'planning>planned',
    'planned>queued',
    'queued>running',
    'running>waiting_for_cutover',
    'waiting_for_cutover>cutting_over',
    'cutting_over>running', // the clean-up
    'running>completed',
  ]);
});

it('a worker that replays a change tells of what is new, and of nothing again', async () => {
  const { name } = plane.target();
  const id = plane.newId(name);
  const recorder = new Recorder(id);
  const change = await plane.begin({ target: name }, id);
  await change.reaches('planned');
  await plane.stopWorkers();
  await plane.startWorkers(); // knows the change from its history alone
  await change.send('cancel');
  await change.result().catch(() => undefined);
  await until('the observer is released', () => recorder.released);
  expect(recorder.way).toEqual(['>planning', 'planning>planned', 'planned>cancelled']);
});

it('the end is told once, when nothing of the change is left to do (S1)', async () => {
  const told: string[] = [];
  const { name, script } = plane.target(plannedTask('a', { revertible: true }));
  const onState = ({ target }: ObservedChange, _: unknown, to: string): void => {
    if (target === name) told.push(to);
  };
  using _ = plane.observers.observe({ onState });
  const change = await plane.begin({ target: name, options: { autoApply: true, revertWindow: '30m' } });
  await change.reaches('revert_window');
  script.hold('cleanUp');
  await change.send('revert');
  await until('it cleans up', () => script.count('cleanUp') > 0);
  expect(told).not.toContain('reverted');
  script.finish('cleanUp');
  await change.result();
  await until('the end is told', () => told.at(-1) === 'reverted');
  expect(told.filter((state) => state === 'reverted')).toHaveLength(1);
});

it('a change that fails says why', async () => {
  const { name, script } = plane.target();
  script.fail('copyTables', () => new SternaError('row_does_not_fit', 'too long'));
  const id = plane.newId(name);
  const recorder = new Recorder(id);
  const change = await plane.begin({ target: name, options: { autoApply: true } }, id);
  await change.result().catch(() => undefined);
  await until('the observer is released', () => recorder.released);
  expect(recorder.told.at(-1)?.slice(2)).toEqual([
    'failed',
    { at: expect.any(String), error: { code: 'row_does_not_fit', message: expect.stringContaining('too long') } },
  ]);
  expect(recorder.told.filter(([, , , { error }]) => error !== undefined)).toHaveLength(1);
});

it('an input with mistakes is told of as well', async () => {
  const id = plane.newId();
  const recorder = new Recorder(id);
  const change = await plane.begin({ options: { volume: 99 } }, id);
  await change.result().catch(() => undefined);
  await until('the observer is released', () => recorder.released);
  expect(recorder.way).toEqual(['>failed']);
});

it('observers that throw, reject or hang disturb no change', async () => {
  const { name } = plane.target(plannedTask('a'), plannedTask('b'));
  const id = plane.newId(name);
  const bad: ChangeObserver[] = [
    {
      onState: () => {
        throw new Error('a fault');
      },
    },
    { onState: () => Promise.reject(new Error('a fault')) },
    { onState: () => new Promise(() => undefined) },
  ];
  for (const observer of bad) plane.observers.observe(observer, { changeId: id });
  const recorder = new Recorder(id);
  const change = await plane.begin({ target: name, options: { autoApply: true } }, id);
  expect(await change.result()).toMatchObject({ state: 'completed' });
  await until('the observer is released', () => recorder.released);
  expect(recorder.way.at(-1)).toMatch(/>completed$/);
});

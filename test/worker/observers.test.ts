import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ChangeState, type ObservedChange, SternaError, type TaskProgress } from '../../src/contract/index.js';
import { type ChangeObserver, Observers, observerSinks } from '../../src/worker/index.js';

const CHANGE: ObservedChange = { changeId: 'shop.test.1', target: 'shop', environment: 'test' };
const AT = '2026-03-02T10:00:00.000Z';

interface Line {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}
let lines: Line[];
const write = (level: string) => (fields: object, message: string) =>
  void lines.push({ level, fields: { ...fields }, message });
const LOG = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };

let observers: Observers;
beforeEach(() => {
  lines = [];
  observers = new Observers(LOG);
});
afterEach(() => observers.close());

function goes(...states: ChangeState[]): void {
  for (const [i, to] of states.entries()) {
    const from = states[i - 1];
    observers.state({ ...CHANGE, ...(from === undefined ? {} : { from }), to, at: AT });
  }
}
function copies(rows: number, table = 'shop.a', change = CHANGE): void {
  const progress: TaskProgress = { table, phase: 'copying', rows, of: 100, percent: rows, rowsPerSecond: 5 };
  observers.progress(change, progress);
}

/** Notes what it is told, after what `act` does at it. */
class Recorder implements ChangeObserver {
  readonly name = 'recorder';
  readonly told: unknown[] = [];
  released = 0;
  constructor(private readonly act: () => void | Promise<void> = () => undefined) {}
  async onState(_: ObservedChange, from: ChangeState | undefined, to: ChangeState): Promise<void> {
    await this.act();
    this.told.push(`${from ?? ''}>${to}`);
  }
  async onProgress(_: ObservedChange, task: string, { rows }: TaskProgress): Promise<void> {
    await this.act();
    this.told.push(`${task} ${rows}`);
  }
  onRelease(): void {
    this.released += 1;
  }
}
/** Waits at its first event until it is let go on. */
function gate(): { readonly wait: () => Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { wait: () => opened, open: () => open() };
}

describe('an observer', () => {
  it('is told what a change is, when it came into a state and why it failed', async () => {
    const onState = vi.fn();
    observers.observe({ onState });
    const error = { code: 'disk_full', message: 'no room' };
    observers.state({ ...CHANGE, to: 'planning', at: AT });
    observers.state({ ...CHANGE, from: 'planning', to: 'failed', at: AT, error });
    await vi.waitFor(() => expect(onState).toHaveBeenCalledTimes(2));
    expect(onState.mock.calls).toEqual([
      [CHANGE, undefined, 'planning', { at: AT }],
      [CHANGE, 'planning', 'failed', { at: AT, error }],
    ]);
  });

  it('is told one thing after another, in the order in which they happened', async () => {
    const { wait, open } = gate();
    const recorder = new Recorder(wait);
    observers.observe(recorder);
    goes('planning', 'running');
    copies(10);
    goes('completed');
    expect(recorder.told).toEqual([]); // never on the stack of the work
    open();
    await vi.waitFor(() => expect(recorder.told).toEqual(['>planning', 'planning>running', 'shop.a 10', '>completed']));
  });

  it('that is slow is told the newest progress of each task, and every state', async () => {
    const { wait, open } = gate();
    const recorder = new Recorder(wait);
    observers.observe(recorder);
    goes('planning');
    await Promise.resolve();
    for (let rows = 1; rows < 100; rows += 1) {
      copies(rows);
      copies(rows, 'shop.b');
    }
    goes('running', 'completed');
    copies(100);
    open();
    await vi.waitFor(() =>
      expect(recorder.told).toEqual(['>planning', 'shop.b 99', '>running', 'running>completed', 'shop.a 100']),
    );
  });

  it('that is slow keeps no more than a thousand tasks waiting: the oldest progress goes', async () => {
    const { wait, open } = gate();
    const recorder = new Recorder(wait);
    observers.observe(recorder);
    goes('planning');
    for (let task = 1; task <= 1_002; task += 1) copies(1, `t${task}`);
    open();
    await vi.waitFor(() => expect(recorder.told.at(-1)).toBe('t1002 1'));
    expect(recorder.told.slice(0, 2)).toEqual(['>planning', 't3 1']);
    expect(recorder.told).toHaveLength(1_001);
  });

  it('that lets states pile up without end loses the oldest, which is said', async () => {
    observers = new Observers(LOG, { maxStates: 2 });
    const { wait, open } = gate();
    const recorder = new Recorder(wait);
    observers.observe(recorder);
    goes('planning', 'planned', 'queued', 'running', 'completed');
    open();
    await vi.waitFor(() => expect(recorder.told.at(-1)).toBe('running>completed'));
    expect(recorder.told).toEqual(['queued>running', 'running>completed']);
    expect(observers.stats().dropped).toBe(3);
    expect(lines).toMatchObject([{ level: 'warn', fields: { observer: 'recorder', dropped: 1 } }]);
  });

  it.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new TypeError('mysql://root:hunter2@db1');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('mysql://root:hunter2@db1'))],
  ])(
    'that %s is logged, without what the text holds, and told of the next event; others as well (R2)',
    async (_, act) => {
      const bad = { name: 'bad', onState: vi.fn(act), onProgress: vi.fn(act), onRelease: vi.fn(act) };
      const good = new Recorder();
      observers.observe(bad);
      observers.observe(good);
      goes('planning', 'running');
      copies(1);
      goes('completed');
      await vi.waitFor(() => expect(good.told).toHaveLength(4));
      await observers.close();
      expect(bad.onState).toHaveBeenCalledTimes(3);
      expect(bad.onProgress).toHaveBeenCalledTimes(1);
      expect(observers.stats().failed).toBeGreaterThanOrEqual(4);
      expect(lines.map(({ level, fields }) => [level, fields.observer, fields.error])).toEqual([
        ['warn', 'bad', 'TypeError'], // one line, not one for each chunk of a copy
      ]);
      expect(lines[0]?.fields.at).toContainEqual(expect.stringContaining('observers.test.ts'));
      expect(JSON.stringify(lines)).not.toContain('hunter2');
    },
  );

  it('that throws an error of Sterna is logged with its text', async () => {
    observers.observe({ onState: () => Promise.reject(new SternaError('secret_missing', 'expected a secret')) });
    goes('planning');
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(lines[0]?.fields).toMatchObject({ code: 'secret_missing', error: 'expected a secret' });
  });

  it('that does not come back is given up on, and the others are told meanwhile', async () => {
    observers = new Observers(LOG, { patienceMs: 20 });
    const hung = new Recorder(() => new Promise(() => undefined));
    const good = new Recorder();
    observers.observe(hung);
    observers.observe(good);
    goes('planning', 'planned', 'running');
    await vi.waitFor(() => expect(good.told).toHaveLength(3));
    await vi.waitFor(() => expect(hung.released).toBe(1));
    expect(lines).toMatchObject([{ level: 'warn', fields: { observer: 'recorder', seconds: 0.02, untold: 2 } }]);
    expect(observers.stats()).toMatchObject({ observers: 1, givenUp: 1 });
    goes('completed');
    await vi.waitFor(() => expect(good.told).toHaveLength(4));
    expect(hung.told).toEqual([]);
  });

  it('is told nothing any more once it was disposed of', async () => {
    const recorder = new Recorder();
    const handle = observers.observe(recorder);
    goes('planning');
    handle[Symbol.dispose]();
    handle[Symbol.dispose]();
    goes('planned');
    await observers.close();
    expect([recorder.told, recorder.released]).toEqual([[], 1]);
  });
});

describe('an observer of one change', () => {
  it('may be there before the change is, hears of no other, and is released when it ends', async () => {
    const recorder = new Recorder();
    const ofAll = new Recorder();
    observers.observe(recorder, { changeId: CHANGE.changeId });
    observers.observe(ofAll);
    observers.state({ ...CHANGE, changeId: 'shop.test.2', to: 'planning', at: AT });
    copies(5, 'shop.a', { ...CHANGE, changeId: 'shop.test.2' });
    expect(recorder.told).toEqual([]);
    goes('planning', 'completed');
    copies(7);
    await vi.waitFor(() => expect(recorder.released).toBe(1));
    expect(recorder.told).toEqual(['>planning', 'planning>completed']);
    expect(ofAll.released).toBe(0);
    expect(observers.stats().observers).toBe(1);
  });

  it('is released at the end although it does not ask for states', async () => {
    const onRelease = vi.fn();
    observers.observe({ onProgress: () => undefined, onRelease }, { changeId: CHANGE.changeId });
    copies(5);
    goes('completed');
    await vi.waitFor(() => expect(onRelease).toHaveBeenCalledTimes(1));
  });
});

describe('the end of a worker', () => {
  it('waits until everyone was told, and releases them', async () => {
    const { wait, open } = gate();
    const recorder = new Recorder(wait);
    observers.observe(recorder);
    goes('running', 'completed');
    const closing = observers.close();
    open();
    await closing;
    expect(recorder.told).toEqual(['>running', 'running>completed']);
    expect(recorder.released).toBe(1);
    expect(observers.stats().observers).toBe(0);
  });

  it('waits for no one who hangs, and says how many states are not told', async () => {
    const recorder = new Recorder(() => new Promise(() => undefined));
    observers.observe(recorder);
    goes('running', 'reverting', 'completed');
    await observers.close(10);
    expect(recorder.released).toBe(1);
    expect(lines).toMatchObject([{ level: 'warn', fields: { untold: 2 } }]);
  });

  it('releases who comes later', () => {
    void observers.close();
    const recorder = new Recorder();
    observers.observe(recorder);
    goes('planning');
    expect([recorder.released, observers.stats().observers]).toEqual([1, 0]);
  });
});

it('a replay tells nobody', () => {
  expect(observerSinks(observers).sternaObservers.state.callDuringReplay).toBe(false);
  void observerSinks().sternaObservers.state.fn({} as never, { ...CHANGE, to: 'planning', at: AT });
});

import { SternaError } from '../../src/contract/index.js';
import type { EngineContext } from '../../src/engine/index.js';
import { copyRows } from '../../src/engine/copy.js';
import { Driver, type DriverParts, Interrupted } from '../../src/engine/driver.js';
import { decideSwap, swapTables } from '../../src/engine/swap.js';
import { verifyRows } from '../../src/engine/verify.js';
import type { MysqlServer } from '../../src/mysql/index.js';
import { CHANGE, type Removal, TASK } from './change.js';
import { SimulatedRows } from './simulated-rows.js';
import { NAMESPACE, type SimulatedServer } from './simulated-server.js';
import { SimulatedSession } from './simulated-session.js';
import { SimulatedState } from './simulated-state.js';
import { simulatedHistory, SimulatedStream } from './simulated-stream.js';

/** A process that drives the change. Killed, it never goes on; what it has sent may still arrive. */
export class DriverProcess {
  #killed = false;
  outcome: 'running' | 'swapped' | 'interrupted' | 'to try again' | 'failed' = 'running';
  failure: unknown;
  readonly sessions: SimulatedSession[] = [];

  constructor(
    readonly server: SimulatedServer,
    readonly removal: Removal | undefined,
    readonly integerKey: boolean,
    readonly onCall: () => void,
  ) {}

  isKilled(): boolean {
    return this.#killed;
  }

  get isAlive(): boolean {
    return !this.#killed && this.outcome === 'running';
  }

  /** As OnlineChange drives a table, from wherever it stands. */
  async run(): Promise<void> {
    try {
      await this.#drive();
      this.outcome = 'swapped';
    } catch (error) {
      if (error instanceof Interrupted) this.outcome = 'interrupted';
      else if (error instanceof SternaError && error.retryable) this.outcome = 'to try again';
      else {
        this.outcome = 'failed';
        this.failure = error;
      }
    }
  }

  async #drive(): Promise<void> {
    const server = { connect: () => Promise.resolve(this.connect()), kill: () => Promise.resolve() };
    const state = new SimulatedState(this.server, this.removal);
    const stream = new SimulatedStream(this.server, this);
    const parts: DriverParts = {
      state,
      history: simulatedHistory(this.removal),
      openStream: (_, options) => Promise.resolve(stream.open(options)),
    };
    await using driver = await Driver.start(
      server as unknown as MysqlServer,
      { changeId: CHANGE, planHash: 'p', control: { sequence: 0, run: 'run', volume: 11, cutover: false } },
      NAMESPACE,
      context,
      parts,
    );
    state.received = () => stream.received;
    const [record] = await state.readTables(driver.main);
    if (record === undefined) throw new Error('no record');
    if (record.phase === 'swapped') return;
    if (record.swapIntended && (await decideSwap(driver, [{ task: TASK, namespace: NAMESPACE }])) === 'swapped') return;
    const rows = new SimulatedRows(this.integerKey);
    const table = { rows, record, task: TASK, estimatedRows: 12 };
    await driver.capture([rows]);
    const sessions = [await driver.session(), await driver.session()];
    if (table.record.phase === 'copying') await copyRows(driver, GOES_ON, table, [table], sessions);
    if (table.record.phase === 'indexing') {
      await driver.save(await driver.flush(driver.main), { [TASK.id]: { phase: 'verifying' } });
      table.record = { ...table.record, phase: 'verifying' };
    }
    if (table.record.phase === 'verifying') await verifyRows(driver, GOES_ON, table, sessions);
    await swapTables(driver, [table]);
  }

  connect(): SimulatedSession {
    const session = new SimulatedSession(this.server, this);
    this.sessions.push(session);
    return session;
  }

  /** The server ends its sessions when it notices, and not at once. */
  kill(): void {
    this.#killed = true;
    for (const session of this.sessions) session.processGone();
  }
}

/** No load holds a chunk. */
const GOES_ON = { reason: () => undefined };

const context: EngineContext = {
  signal: new AbortController().signal,
  drain: new AbortController().signal,
  alive: () => undefined,
  confirm: () => Promise.resolve(),
  progress: () => undefined,
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
};

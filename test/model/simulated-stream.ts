import type { SternaError } from '../../src/contract/index.js';
import type { DriverParts } from '../../src/engine/driver.js';
import { GtidHistory, type History, type Tracker } from '../../src/engine/history.js';
import type { BinlogEvent, BinlogStreamOptions } from '../../src/mysql/index.js';
import type { Removal } from './change.js';
import { gtidSet, numbers, type SimulatedServer } from './simulated-server.js';
import { on, type Process } from './simulated-session.js';

/** GTIDs, asked of the simulated server. */
export function simulatedHistory(removal: Removal | undefined): History {
  const real = new GtidHistory();
  return {
    now: (session) => on(session).call(() => on(session).server.executed),
    assertKept: () => Promise.resolve(),
    tracker: (position): Tracker => real.tracker(position),
    startOf: (position) => real.startOf(position),
    goal: (session) => on(session).call(() => on(session).server.executed),
    reached: (_, received, goal) => {
      const come = new Set(numbers(received));
      return Promise.resolve(numbers(goal).every((gtid) => come.has(gtid)));
    },
    isVisible: (session, fence) =>
      on(session).call(() => removal === 'the fence' || on(session).server.isVisible(fence)),
  };
}

/** Each event of each transaction arrives by itself; a transaction is sent when it is in the binlog. */
export class SimulatedStream {
  received = '';
  constructor(
    private readonly server: SimulatedServer,
    private readonly process: Process,
  ) {}

  open(options: BinlogStreamOptions): Awaited<ReturnType<DriverParts['openStream']>> {
    const done = new Set(numbers('gtidSet' in options.from ? options.from.gtidSet : ''));
    const closed = new AbortController();
    const isOver = (): boolean => closed.signal.aborted || this.process.isKilled();
    const send = async (): Promise<void> => {
      for (let next = 0; !isOver(); next += 1) {
        await this.server.scheduler.step(
          () => undefined,
          () => isOver() || this.server.binlog.length > next,
        );
        if (done.has(next + 1)) continue;
        for (const event of this.server.binlog[next] ?? []) {
          if (isOver()) return;
          this.#tell(options, event);
          await this.server.scheduler.step(() => undefined);
        }
        done.add(next + 1);
        this.received = gtidSet(done);
      }
    };
    send().catch((error: unknown) => this.server.scheduler.fail(error));
    return {
      pause: () => undefined,
      resume: () => undefined,
      close: () => {
        closed.abort();
        return Promise.resolve();
      },
    };
  }

  #tell(options: BinlogStreamOptions, event: BinlogEvent): void {
    const early = this.process.removal === 'waiting for prepared transactions' && event.kind === 'prepare';
    try {
      options.onEvent(early ? { kind: 'commit', rows: true } : event);
    } catch (error) {
      options.onError(error as SternaError);
    }
  }
}

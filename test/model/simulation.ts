import fc from 'fast-check';
import { INITIAL_RECORD, type Removal } from './change.js';
import { DriverProcess } from './driver-process.js';
import { SimulatedServer, type Write } from './simulated-server.js';
import { Scheduler } from './scheduler.js';

interface Placed {
  /** Calls of drivers to the server before it happens. */
  readonly after: number;
}

export interface Scenario {
  readonly keys: readonly number[];
  /** Integer keys are handled apart: pending ones above the watermark need not be flushed. */
  readonly integerKey: boolean;
  readonly writes: readonly (Write & Placed)[];
  readonly faults: readonly (Placed & { readonly kind: 'kill' | 'second driver' | 'stop' })[];
  /** Who goes next, who is held up, and how much time passes: chosen at random for so many steps. */
  readonly choices: { readonly seed: number; readonly length: number };
}

const CALLS = 250;
const key = fc.nat({ max: 14 });
const placed = { after: fc.nat({ max: CALLS }) };

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  keys: fc.uniqueArray(key, { minLength: 2, maxLength: 12, size: 'max' }),
  integerKey: fc.boolean(),
  writes: fc.array(
    fc.record({
      ...placed,
      changes: fc.uniqueArray(fc.tuple(key, fc.constantFrom('put' as const, 'delete' as const)), {
        minLength: 1,
        maxLength: 3,
        selector: ([each]) => each,
      }),
      xa: fc.boolean(),
      rollback: fc.nat({ max: 3 }).map((n) => n === 3),
    }),
    { maxLength: 16, size: 'max' },
  ),
  faults: fc.array(
    fc.record({ ...placed, kind: fc.constantFrom('kill' as const, 'second driver' as const, 'stop' as const) }),
    {
      maxLength: 4,
    },
  ),
  choices: fc.record({ seed: fc.nat(), length: fc.nat({ max: 3_000 }) }),
});

/** Plays a scenario to its end. Throws when a row is lost, stale or resurrected, or when somebody is stuck. */
export async function play(scenario: Scenario, removal?: Removal): Promise<void> {
  const scheduler = new Scheduler(scenario.choices);
  const server = new SimulatedServer(scheduler, scenario.keys, INITIAL_RECORD);
  const processes: DriverProcess[] = [];
  const waiting = { writes: [...scenario.writes], faults: [...scenario.faults] };
  let calls = 0;

  const start = (): void => {
    const process = new DriverProcess(server, removal, scenario.integerKey, onCall);
    processes.push(process);
    void process.run().then(() => {
      // Whoever was stopped is resumed. Failed steps are tried again: a stream may be too slow, and the claim of a process
      // that is gone may arrive late.
      if (process.outcome === 'interrupted') server.state.run = 'run';
      else if (process.outcome !== 'to try again' || processes.some((other) => other.isAlive)) return;
      start();
    });
  };
  const onCall = (): void => {
    calls += 1;
    for (const write of take(waiting.writes, calls))
      server.write(write).catch((error: unknown) => scheduler.fail(error));
    for (const fault of take(waiting.faults, calls)) {
      if (fault.kind === 'stop') server.state.run = 'stop';
      else {
        if (fault.kind === 'kill') processes.at(-1)?.kill();
        start();
      }
    }
  };
  start();
  await scheduler.run(
    () =>
      server.writesInFlight === 0 &&
      processes.some(({ outcome }) => outcome === 'swapped') &&
      processes.every((process) => !process.isAlive),
  );

  const [found, expected] = [server.original, server.expected].map((rows) =>
    JSON.stringify([...rows].sort(([a], [b]) => a - b)),
  );
  if (found !== expected) throw new Error(`Rows after the swap: ${found}; written were: ${expected}`);
  const { rowsRepaired } = server.state.record;
  const failed = processes.find(({ failure }) => failure !== undefined);
  if (failed !== undefined && removal === undefined) throw failed.failure;
  if (rowsRepaired > 0) throw new Error(`${rowsRepaired} rows were wrong until the comparison repaired them.`);
}

function take<T extends Placed>(list: T[], calls: number): T[] {
  const due = list.filter(({ after }) => after <= calls);
  for (const each of due) list.splice(list.indexOf(each), 1);
  return due;
}

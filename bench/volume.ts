import { connect } from '../test/support/servers.js';
import { TestNamespace } from '../test/support/namespace.js';
import { EngineChange, fill } from '../test/support/online-change.js';

/**
 * What a small write of an application waits while a table is changed: 500 single-row updates a second on it, without a
 * change and during one at volumes 1, 6 and 11, in one run. `./dev bench volume`
 */
const ROWS = 300_000;
const WRITES_PER_SECOND = 500;
/** Of one volume at most: at volume 1 the change takes longer, and is given up then. */
const MEASURED_MS = 20_000;
const TABLE =
  'CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL, KEY k (k))';

interface Waits {
  readonly p99: number;
  readonly longest: number;
  readonly writes: number;
}

const base = await measure(undefined);
print('no change', base);
for (const volume of [1, 6, 11]) print(`volume ${volume}`, await measure(volume));

async function measure(volume: number | undefined): Promise<Waits> {
  await using space = await TestNamespace.create('bench');
  await space.query(TABLE);
  await fill(space, 't', ROWS);
  const writer = await startWriter(space);
  if (volume === undefined) await new Promise((resolve) => setTimeout(resolve, MEASURED_MS / 2));
  else await changeAt(space, volume);
  return await writer.stop();
}

/** A whole change, or as much of it as fits the time. */
async function changeAt(space: TestNamespace, volume: number): Promise<void> {
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', ROWS);
  await change.prepare();
  await change.control({ volume });
  const timer = setTimeout(() => void change.control({ run: 'stop' }), MEASURED_MS);
  const { outcome } = await change.copy();
  clearTimeout(timer);
  if (outcome === 'done') await change.cutOver();
  await change.cleanUp();
}

/** Writes at a steady rate, several at once if need be: a slow one must not hide those behind it. */
async function startWriter(space: TestNamespace): Promise<{ stop: () => Promise<Waits> }> {
  const free = await Promise.all(Array.from({ length: 16 }, () => connect(space.server, space.name)));
  const connections = [...free];
  const waits: number[] = [];
  const running = new Set<Promise<void>>();
  const started = performance.now();
  let sent = 0;
  const tick = setInterval(() => {
    for (; sent < ((performance.now() - started) * WRITES_PER_SECOND) / 1_000; sent += 1) {
      const due = started + (sent * 1_000) / WRITES_PER_SECOND;
      const connection = free.pop();
      if (connection === undefined) return; // all of them wait; the next tick makes up for it, counted from when it was due
      const id = 1 + Math.floor(Math.random() * ROWS);
      const write = connection.query('UPDATE t SET k = k + 1 WHERE id = ?', [id]).then(() => {
        waits.push(performance.now() - due);
        free.push(connection);
        running.delete(write);
      });
      running.add(write);
    }
  }, 1);
  return {
    stop: async () => {
      clearInterval(tick);
      await Promise.all(running);
      await Promise.all(connections.map((connection) => connection.end()));
      const sorted = waits.sort((a, b) => a - b);
      return {
        p99: sorted[Math.floor(sorted.length * 0.99)] ?? NaN,
        longest: sorted.at(-1) ?? NaN,
        writes: sorted.length,
      };
    },
  };
}

function print(what: string, { p99, longest, writes }: Waits): void {
  const ratio = (p99 / base.p99).toFixed(1);
  console.log(
    `${what.padEnd(10)}  99th percentile ${p99.toFixed(1).padStart(6)} ms (${ratio}x)  longest ${longest.toFixed(0).padStart(5)} ms  ${writes} writes`,
  );
}

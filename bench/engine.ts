import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { DEFAULT_VOLUME, MAX_VOLUME } from '../src/contract/index.js';
import { TestAccount } from '../test/support/account.js';
import { TestNamespace } from '../test/support/namespace.js';
import { Load } from './support/load.js';
import { median } from './support/median.js';
import { fillShape, SHAPES } from './support/shapes.js';
import { isOnPath, type Measured, peer, PEER_NAMES, rebuild, sterna, type Tool } from './support/tools.js';

/**
 * The engine against its peers and against the limit, a rebuild in place: the same change of the same freshly made
 * table on the same server, one after another, idle and under writes, with an account of every acknowledged write.
 * Medians, as Markdown. Peers are those on PATH.
 *
 * `./dev bench engine --rows 500000 --rounds 3 --shapes narrow,wide --tools sterna,spirit --writes 0,500`
 */
const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '1' },
    shapes: { type: 'string', default: 'narrow,indexes' },
    tools: { type: 'string', default: ['rebuild', 'sterna', ...PEER_NAMES].join() },
    /** Writes a second. */
    writes: { type: 'string', default: '0,500' },
  },
});
const rounds = Number(options.rounds);
const wanted = options.tools.split(',');
const missing = PEER_NAMES.filter((name) => wanted.includes(name) && !isOnPath(name));
/** The load is there before the tool, so that the first moments count too. */
const WARM_UP_MS = 1_000;
/** Without any change, for comparison. */
const NOTHING_MS = 5_000;

interface Result extends Measured {
  readonly p99?: number;
  readonly longest?: number;
  readonly writes: number;
  readonly refused: number;
  /** Acknowledged writes that are not in the changed table as they should be, and rows too many or too few. */
  readonly wrong: number;
}

const shapes = options.shapes.split(',').map((name) => {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`Expected one of ${Object.keys(SHAPES).join(', ')}, got ${name}.`);
  return { name, shape, rows: Math.round(Number(options.rows) * shape.share) };
});

await using account = await TestAccount.create();
console.log(`${await describeServer()}; medians of ${rounds}.`);
for (const name of missing) console.log(`Not on PATH, left out: ${name}.`);
for (const { name, shape, rows } of shapes) {
  for (const rate of options.writes.split(',').map(Number)) {
    const tools = toolsFor(rate);
    const results = new Map<string, Result[]>([...tools.keys()].map((tool) => [tool, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [tool, run] of tools) {
        try {
          const result = await measure(name, rows, rate, run);
          results.get(tool)?.push(result);
          console.error(`${name}, ${rate} writes/s, round ${round}, ${tool}: ${JSON.stringify(result, shorten)}`);
        } catch (error) {
          // A peer that fails is no reason to lose the rest; the engine's own failure is.
          if (tool.startsWith('Sterna')) throw error;
          console.error(`${name}, ${rate} writes/s, round ${round}, ${tool}:`, error);
        }
      }
    }
    console.log(`\n**${name}** (${shape.what}), ${rows} rows, ${rate === 0 ? 'idle' : `${rate} writes a second`}\n`);
    printTable(results);
  }
}

function toolsFor(rate: number): Map<string, Tool> {
  const tools = new Map<string, Tool>();
  if (rate > 0)
    tools.set('no change', () => new Promise((resolve) => setTimeout(resolve, NOTHING_MS, { seconds: NaN })));
  if (wanted.includes('rebuild')) tools.set('rebuild in place', rebuild);
  if (wanted.includes('sterna')) {
    tools.set(`Sterna, volume ${MAX_VOLUME}`, sterna(MAX_VOLUME));
    if (rate > 0) tools.set(`Sterna, volume ${DEFAULT_VOLUME}`, sterna(DEFAULT_VOLUME));
  }
  for (const name of PEER_NAMES) if (wanted.includes(name) && !missing.includes(name)) tools.set(name, peer(name));
  return tools;
}

async function measure(shapeName: string, rows: number, rate: number, run: Tool): Promise<Result> {
  const shape = SHAPES[shapeName];
  if (shape === undefined) throw new Error(`Expected a shape, got ${shapeName}.`);
  await using space = await TestNamespace.create('bench');
  await fillShape(space, shape, rows);
  // Without writes, too: it knows how many rows there must be.
  const load = await Load.start({ server: space.server, namespace: space.name, rate, rows, key: shape.key });
  let measured: Measured;
  let latencies: number[];
  try {
    if (rate > 0) await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
    load.takeLatencies();
    measured = await run({ space, rows, account });
    latencies = load.takeLatencies();
  } finally {
    await load.stop();
  }
  return {
    ...measured,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
    longest: latencies.at(-1) ?? NaN,
    writes: load.acknowledged,
    refused: load.refused,
    wrong: await load.countWrong(space.connection),
  };
}

function printTable(results: ReadonlyMap<string, readonly Result[]>): void {
  const of = (runs: readonly Result[] | undefined, pick: (run: Result) => number | undefined): number =>
    median((runs ?? []).map((run) => pick(run) ?? NaN));
  const seconds = ({ seconds: each }: Result): number => each;
  const limit = of(results.get('rebuild in place'), seconds);
  const own = of(results.get(`Sterna, volume ${MAX_VOLUME}`), seconds);
  const cell = (value: number, digits: number): string => (Number.isNaN(value) ? '' : value.toFixed(digits));
  const lines = [
    [
      '',
      's',
      'x rebuild',
      'x Sterna',
      'p99 ms',
      'longest ms',
      'cutover ms',
      'CPU s',
      'MB',
      'writes',
      'refused',
      'wrong',
    ],
    ['---', ...Array.from({ length: 11 }, () => '---:')],
    ...[...results].map(([tool, runs]) => [
      runs.length < rounds ? `${tool} (${runs.length} of ${rounds} ended well)` : tool,
      cell(of(runs, seconds), 2),
      cell(of(runs, seconds) / limit, 2),
      cell(of(runs, seconds) / own, 2),
      cell(
        of(runs, ({ p99 }) => p99),
        1,
      ),
      cell(
        of(runs, ({ longest }) => longest),
        0,
      ),
      cell(
        of(runs, ({ blockMs }) => blockMs),
        0,
      ),
      cell(
        of(runs, ({ usage }) => usage?.cpuSeconds),
        1,
      ),
      cell(
        of(runs, ({ usage }) => usage?.peakMb),
        0,
      ),
      String(runs.reduce((sum, { writes }) => sum + writes, 0)),
      String(runs.reduce((sum, { refused }) => sum + refused, 0)),
      String(runs.reduce((sum, { wrong }) => sum + wrong, 0)),
    ]),
  ];
  for (const line of lines) console.log(`| ${line.join(' | ')} |`);
}

async function describeServer(): Promise<string> {
  await using space = await TestNamespace.create('bench');
  const [row] = await space.query<{ version: string; pool: string }>(
    'SELECT VERSION() AS version, ROUND(@@innodb_buffer_pool_size / 1048576) AS pool',
  );
  return `MySQL ${row?.version} with a buffer pool of ${row?.pool} MiB, Node ${process.version}, ${cpus().length} cores`;
}

function shorten(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(2)) : value;
}

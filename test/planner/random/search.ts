import type { MysqlServer } from '../../../src/mysql/index.js';
import { Corpus, type Direction, type Outcome } from '../corpus.js';
import { unjustified } from './blocks.js';
import { pairOf, type RandomPair } from './pairs.js';

export interface Found {
  /** Of pairs that the server takes, by their place. */
  readonly verdicts: ReadonlyMap<number, readonly string[]>;
  /** What is wrong, by the place of the pair. */
  readonly failures: ReadonlyMap<number, string>;
}

const WAYS: readonly (readonly [Direction, Direction])[] = [
  ['from', 'to'],
  ['to', 'from'],
];

/** Plans and runs all pairs, forth and back. */
export async function tryPairs(server: MysqlServer, pairs: readonly RandomPair[], first = 0): Promise<Found> {
  const named = pairs.map((pair, i) => ({ pair, place: first + i, ...pairOf(pair, first + i) }));
  const verdicts = new Map<number, string[]>();
  const failures = new Map<number, string>();
  try {
    await using corpus = await Corpus.open(server, named);
    const accepted = named.filter(({ name }) => !corpus.refused.has(name));
    if (accepted.length === 0) return { verdicts, failures };
    for (const [from, to] of WAYS) {
      const outcomes = await corpus.go(from, to);
      for (const { name, place, pair } of accepted) {
        const outcome = outcomes.get(name);
        if (outcome === undefined) continue;
        verdicts.set(place, [...(verdicts.get(place) ?? []), outcome.verdict]);
        const wrong = wrongOf(outcome, pair[from], pair[to]);
        if (wrong !== undefined && !failures.has(place)) failures.set(place, `from "${from}" to "${to}": ${wrong}`);
      }
    }
    return { verdicts, failures };
  } catch (error) {
    if (pairs.length === 1) return { verdicts, failures: new Map([[first, stackOf(error)]]) };
    // One of them breaks the plan of all.
    const half = Math.ceil(pairs.length / 2);
    const [a, b] = [
      await tryPairs(server, pairs.slice(0, half), first),
      await tryPairs(server, pairs.slice(half), first + half),
    ];
    return {
      verdicts: new Map([...a.verdicts, ...b.verdicts]),
      failures: new Map([...a.failures, ...b.failures]),
    };
  }
}

function wrongOf(
  { verdict, reasons, differences, rest }: Outcome,
  from: RandomPair['from'],
  to: RandomPair['to'],
): string | undefined {
  if (differences.length > 0) return `${verdict}\n${differences.join('\n')}`;
  if (rest.length > 0) return `${verdict}, and afterwards still planned: ${rest.join('\n')}`;
  const words = verdict.split(' ');
  const blocked = words.indexOf('blocked');
  const why = blocked < 0 ? undefined : unjustified(words.slice(blocked + 1), from, to);
  return why === undefined ? undefined : `${why}\n${reasons.join('\n')}`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

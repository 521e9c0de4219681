import type { Connection } from 'mysql2/promise';

export interface WrittenRow {
  readonly k: number;
  readonly note: string;
  readonly u?: string | null;
}

/** Where a row stands: `0:17`, the table's index and the id. */
export type Place = `${number}:${number}`;

/** A transaction whose outcome nobody knows: all of `before` or all of `after` may be found, and nothing in between. */
export interface Undecided {
  readonly before: ReadonlyMap<Place, WrittenRow | null>;
  readonly after: ReadonlyMap<Place, WrittenRow | null>;
  /** An insert whose id was not answered. */
  readonly inserted?: { readonly table: number; readonly row: WrittenRow };
}

export function idOf(place: Place): number {
  return Number(place.slice(place.indexOf(':') + 1));
}

export function same(expected: WrittenRow | undefined, found: WrittenRow | undefined): boolean {
  return expected?.k === found?.k && expected?.note === found?.note && (expected?.u ?? null) === (found?.u ?? null);
}

export async function readRows(
  connection: Connection,
  table: string,
  hasUnique: boolean,
): Promise<[number, WrittenRow][]> {
  const [rows] = await connection.query(`SELECT id, k, note${hasUnique ? ', u' : ''} FROM \`${table}\``);
  return (rows as { id: number | string; k: number | string; note: string; u?: number | string | null }[]).map(
    ({ id, k, note, u }) => [
      Number(id),
      { k: Number(k), note, ...(hasUnique ? { u: u === null ? null : String(u) } : {}) },
    ],
  );
}

import fc from 'fast-check';
import type { Pair } from '../corpus.js';
import { edited, editLists } from './edits.js';
import type { Table } from './model.js';
import { names } from './names.js';
import { renderTable } from './render.js';
import { tables } from './tables.js';

/** A table before and after somebody edited it. */
export interface RandomPair {
  readonly table: string;
  readonly from: Table;
  readonly to: Table;
}

export const randomPairs: fc.Arbitrary<RandomPair> = fc
  .record({ table: names, from: tables, edits: editLists })
  .map(({ table, from, edits }) => ({ table, from, to: edited(from, edits) }))
  // Many an edit finds nothing to change.
  .filter(({ from, to }) => renderTable('t', from) !== renderTable('t', to));

/** `number` tells it from others of its corpus, also in other letters. */
export function pairOf({ table, from, to }: RandomPair, number: number): Pair {
  const name = `r${number} ${table}`.slice(0, 24).trimEnd();
  const side = (model: Table): Pair['from'] => ({ tables: new Map([[name, renderTable(name, model)]]), rows: null });
  return { name, from: side(from), to: side(to) };
}

/** As a file of `cases` is written. */
export function caseText(pair: RandomPair): string {
  const { from, to } = pairOf(pair, 0);
  return `-- from\n${[...from.tables.values()].join('\n')};\n-- to\n${[...to.tables.values()].join('\n')};\n`;
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Chunker } from '../../src/engine/chunker.js';
import type { KeyLiterals, KeyRange } from '../../src/engine/key.js';
import type { TableRows } from '../../src/engine/table-rows.js';
import type { Session } from '../../src/mysql/index.js';

/** A table with one integer key that holds these values. */
function table(keys: readonly number[]): TableRows {
  return {
    hasSingleIntegerKey: true,
    maximum: () => Promise.resolve(keys.length === 0 ? null : BigInt(Math.max(...keys))),
    keyAfter: (_: Session, from: KeyLiterals | undefined, offset: number, to?: KeyLiterals) => {
      const within = keys.filter((key) => contains({ ...(from && { from }), ...(to && { to }) }, key));
      const found = within[offset];
      return Promise.resolve(found === undefined ? null : [String(found)]);
    },
  } as unknown as TableRows;
}

function contains({ from, to }: KeyRange, key: number): boolean {
  return (from === undefined || key >= Number(from[0])) && (to === undefined || key < Number(to[0]));
}

const KEYS = fc
  .uniqueArray(fc.integer({ min: -50, max: 400 }), { maxLength: 120 })
  .map((keys) => keys.sort((a, b) => a - b));

it('covers every key once, whatever is given back by two connections, and never has a watermark above what is left (E2)', async () => {
  await fc.assert(
    fc.asyncProperty(
      KEYS,
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 40 }), of: fc.nat(1), tooLarge: fc.boolean() }), {
        minLength: 200,
        maxLength: 200,
      }),
      async (keys, steps) => {
        const chunker = new Chunker({} as unknown as Session, table(keys), undefined);
        const copied: number[] = [];
        const out: (KeyRange | undefined)[] = [undefined, undefined];
        const settle = (range: KeyRange, tooLarge: boolean): void => {
          const held = keys.filter((key) => contains(range, key));
          if (tooLarge && held.length > 1) chunker.giveBack(range);
          else copied.push(...held);
        };
        for (const { size, of, tooLarge } of steps) {
          const range = out[of];
          if (range !== undefined) settle(range, tooLarge);
          out[of] = (await chunker.take(size)) ?? undefined;
        }
        for (const range of out) if (range !== undefined) settle(range, true);
        const { watermark } = chunker;
        const left = keys.filter((key) => !copied.includes(key));
        if (watermark === undefined) expect(copied.length).toBeLessThanOrEqual(keys.length);
        else
          for (const key of left) expect(watermark === null ? Infinity : Number(watermark[0])).toBeLessThanOrEqual(key);
        while (!chunker.ended) {
          const range = await chunker.take(1);
          if (range !== null) settle(range, false);
        }
        expect(copied.sort((a, b) => a - b)).toEqual(keys);
        expect(chunker.watermark).toBeNull();
      },
    ),
  );
});

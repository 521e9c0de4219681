import { describe, expect, it } from 'vitest';
import { diffTables } from '../../src/planner/diff.js';
import { revertibility } from '../../src/planner/revertible.js';
import { parseDefinition } from '../../src/planner/table-definition.js';

const table = (...lines: string[]): ReturnType<typeof parseDefinition> =>
  parseDefinition(
    `CREATE TABLE \`t\` (\n${lines.map((line) => `  ${line}`).join(',\n')}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci`,
  );

function codes(from: string[], to: string[]): { revertible: boolean; codes: string[] } {
  const [a, b] = [table(...from), table(...to)];
  const { revertible, revertReasons } = revertibility(a, b, diffTables(a, b));
  return { revertible, codes: revertReasons.map(({ code, column }) => `${code}${column ? ` ${column}` : ''}`) };
}

const ID = '`id` int NOT NULL';
const PK = 'PRIMARY KEY (`id`)';

describe('what a row may hold that ends a revert window', () => {
  it.each<[string, string[], string[], string[]]>([
    ['nothing, when an index is added', [ID, '`k` int', PK], [ID, '`k` int', PK, 'KEY `k` (`k`)'], []],
    ['a value of a widened column', [ID, '`k` int', PK], [ID, '`k` bigint', PK], ['narrows-back k']],
    ['nothing, when a column is narrowed', [ID, '`k` bigint', PK], [ID, '`k` int', PK], []],
    ['no value', [ID, '`k` int NOT NULL', PK], [ID, '`k` int DEFAULT NULL', PK], ['null-back k']],
    ['a new member', [ID, "`k` enum('a')", PK], [ID, "`k` enum('a','b')", PK], ['narrows-back k']],
    ['a fraction', [ID, '`k` datetime', PK], [ID, '`k` datetime(3)', PK], ['narrows-back k']],
    ['a character', [ID, '`k` varchar(9) CHARACTER SET latin1', PK], [ID, '`k` varchar(9)', PK], ['charset-back k']],
    ['a new row, without a default', [ID, '`k` int NOT NULL', PK], [ID, PK], ['no-default k']],
    ["nothing of a dropped column's, with one", [ID, "`k` int NOT NULL DEFAULT '1'", PK], [ID, PK], []],
    ['a value of a new column', [ID, PK], [ID, '`k` int DEFAULT NULL', PK], ['loses-column k']],
    ['a duplicate', [ID, '`k` int', PK, 'UNIQUE KEY `k` (`k`)'], [ID, '`k` int', PK], ['unique-back']],
    ['a key beyond the old range', [ID, PK], ['`id` bigint NOT NULL', PK], ['narrows-back id']],
  ])('%s', (_, from, to, expected) => {
    expect(codes(from, to)).toEqual({ revertible: true, codes: expected });
  });
});

describe('a copy is not revertible', () => {
  const U = '`u` int NOT NULL';
  it.each<[string, string[], string[], string]>([
    [
      'when the new table is followed by another key than the old rows are found by',
      [U, 'UNIQUE KEY `u` (`u`)'],
      [U, ID, PK, 'UNIQUE KEY `u` (`u`)'],
      'no-key-back',
    ],
    [
      'when another unique key could be hit first',
      ['`f` double NOT NULL', U, 'PRIMARY KEY (`f`)', 'UNIQUE KEY `u` (`u`)'],
      ['`f` double NOT NULL', '`u` bigint NOT NULL', 'PRIMARY KEY (`f`)', 'UNIQUE KEY `u` (`u`)'],
      'no-key-back',
    ],
    [
      'when its key becomes nullable',
      [U, 'UNIQUE KEY `u` (`u`)'],
      ['`u` int DEFAULT NULL', 'UNIQUE KEY `u` (`u`)'],
      'no-key-back',
    ],
    [
      'when its key is compared in another way',
      ['`id` varchar(9) NOT NULL', PK],
      ['`id` varchar(9) COLLATE utf8mb4_bin NOT NULL', PK],
      'no-key-back',
    ],
  ])('%s', (_, from, to, code) => {
    expect(codes(from, to)).toEqual({ revertible: false, codes: [code] });
  });

  it('when a column gets another name, by which its values would not be found', () => {
    const [a, b] = [table(ID, '`a` int', PK), table(ID, '`b` int', PK)];
    expect(revertibility(a, b, diffTables(a, b), [{ from: 'a', to: 'b' }])).toMatchObject({
      revertible: false,
      revertReasons: [{ code: 'renames-column' }],
    });
  });

  it('but by its only unique key it is', () => {
    const unique = 'UNIQUE KEY `u` (`u`)';
    expect(codes([U, unique], ['`u` int NOT NULL', '`k` int DEFAULT NULL', unique]).revertible).toBe(true);
  });
});

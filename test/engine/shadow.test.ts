import { expect, it } from 'vitest';
import { oldName, shadowName } from '../../src/engine/names.js';
import { deferrableIndexes, redirect } from '../../src/engine/shadow.js';

const definition = (...lines: string[]): string =>
  `CREATE TABLE \`t\` (\n${lines.map((line) => `  ${line}`).join(',\n')}\n) ENGINE=InnoDB`;

it('defers plain indexes only', () => {
  expect(
    deferrableIndexes(
      definition(
        '`id` int NOT NULL AUTO_INCREMENT',
        '`k` int',
        'PRIMARY KEY (`id`)',
        'UNIQUE KEY `u` (`k`)',
        'KEY `k` (`k`)',
        'KEY `l` (`k`,`id`)',
      ),
      ['id'],
    ),
  ).toEqual(['KEY `k` (`k`)', 'KEY `l` (`k`,`id`)']);
});

it('keeps the index that the auto-increment column needs, and those before it: their order is part of the definition', () => {
  expect(
    deferrableIndexes(
      definition(
        '`id` int NOT NULL AUTO_INCREMENT',
        '`k` int NOT NULL',
        'PRIMARY KEY (`k`)',
        'KEY `a` (`k`)',
        'KEY `i` (`id`)',
        'KEY `z` (`k`)',
      ),
      ['k'],
    ),
  ).toEqual(['KEY `z` (`k`)']);
});

it('keeps the only index by which rows are found by their key, and those before it', () => {
  const lines = ['`id` int NOT NULL', '`k` int NOT NULL', 'KEY `a` (`k`)', 'KEY `i` (`id`,`k`)', 'KEY `z` (`id`)'];
  expect(deferrableIndexes(definition(...lines, 'PRIMARY KEY (`k`)'), ['ID'])).toEqual(['KEY `z` (`id`)']);
  expect(deferrableIndexes(definition(...lines, 'UNIQUE KEY `u` (`id` DESC)'), ['id'])).toEqual(lines.slice(4));
  expect(deferrableIndexes(definition('PRIMARY KEY (`id`)', ...lines), ['id'])).toEqual(lines.slice(2));
});

it('keeps an index over an expression, which no table that is written gets in place, and those before it', () => {
  const lines = [
    '`id` int NOT NULL',
    '`(` int',
    'KEY `a` (`(`)',
    'KEY `f` (`id`,(abs(`(`)))',
    "KEY `z` (`(`) COMMENT '(('",
  ];
  expect(deferrableIndexes(definition(...lines), [])).toEqual(lines.slice(4));
});

it('defers nothing of a table with CHECK constraints, which the server writes otherwise after each ALTER', () => {
  const lines = ['`id` int NOT NULL', '`k` int', 'PRIMARY KEY (`id`)', 'KEY `k` (`k`)'];
  expect(deferrableIndexes(definition(...lines, 'CONSTRAINT `c` CHECK ((`k` > 0))'), ['id'])).toEqual([]);
  expect(deferrableIndexes(definition(...lines), ['id'])).toEqual(['KEY `k` (`k`)']);
});

it('defers nothing where an index of another kind stands behind', () => {
  expect(
    deferrableIndexes(
      definition('`id` int NOT NULL', '`x` text', 'PRIMARY KEY (`id`)', 'KEY `k` (`id`)', 'FULLTEXT KEY `f` (`x`)'),
      ['id'],
    ),
  ).toEqual([]);
});

it('directs the planned statement at the shadow to the letter, and refuses any other (P1)', () => {
  expect(redirect('ALTER TABLE `t` ADD COLUMN `t` INT', 't', '`s`.`_t_sterna_new`')).toBe(
    'ALTER TABLE `s`.`_t_sterna_new` ADD COLUMN `t` INT',
  );
  expect(() => redirect('ALTER TABLE t ADD COLUMN a INT', 't', 'x')).toThrow(
    expect.objectContaining({ code: 'internal' }),
  );
});

it('cuts the names of its tables where they would be too long, and keeps them apart', () => {
  expect(shadowName('t'.repeat(52))).toBe(`_${'t'.repeat(52)}_sterna_new`.slice(0, 64));
  const long = ['a', 'b'].map((end) => 'é'.repeat(63) + end);
  const names = long.flatMap((name) => [shadowName(name), oldName(name)]);
  expect(new Set(names).size).toBe(4);
  // Every é may take five bytes of a file's name.
  for (const name of names) expect(name).toMatch(/^_é{35}_[0-9a-f]{8}_sterna_(new|old)$/);
  expect(shadowName('t'.repeat(64))).toMatch(/^_t{43}_[0-9a-f]{8}_sterna_new$/);
});

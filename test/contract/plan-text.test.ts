import { describe, expect, it } from 'vitest';
import { planSummary, renderPlanMarkdown, renderPlanText } from '../../src/contract/index.js';
import { blocked, plan, plannedTask, unsafe } from '../workflows/plans.js';

const COPY = plannedTask('orders', {
  executionReason: 'changes the type of `k`',
  revertible: true,
  revertReasons: [],
  estimatedRows: 1_200_000,
  estimatedBytes: 340 * 1024 * 1024,
  estimatedSeconds: 130,
  lint: [{ rule: 'float', severity: 'warning', message: '`price` is a float' }],
});
const INSTANT = plannedTask('users', { execution: 'instant', executionReason: 'only metadata changes, at once' });

describe('a plan for people', () => {
  it('says on one screen what changes, how, how long it may take, what is unsafe or refused and why, what was ignored', () => {
    const made = { ...plan([COPY, INSTANT, unsafe('items'), blocked('parents')]), ignoredTables: ['shop.tmp'] };
    expect(renderPlanText(made)).toBe(
      `Plan for shop (test), shop: 4 tables (1 blocked, 1 unsafe)

   shop.orders   alter, copy: changes the type of \`k\`, about 1,200,000 rows, 340 MiB, 2 min at the default volume
    revertible in a revert window
    warning: \`price\` is a float
    ALTER TABLE \`orders\` ADD COLUMN \`note\` varchar(20)

   shop.users    alter, instant: only metadata changes, at once
    ALTER TABLE \`users\` ADD COLUMN \`note\` varchar(20)

!  shop.items    alter, copy: asked for by the test, about 1,000 rows, 64 KiB
    unsafe: drops \`k\`
    ALTER TABLE \`items\` ADD COLUMN \`note\` varchar(20)

x  shop.parents  alter, refused
    blocked: has a foreign key
    ALTER TABLE \`parents\` ADD COLUMN \`note\` varchar(20)

ignored: shop.tmp

plan hash ${made.planHash}`,
    );
  });

  it('adds up the time of several copies', () => {
    expect(planSummary(plan([COPY, { ...COPY, id: 'shop.b', estimatedSeconds: 40 }]))).toBe(
      '2 tables, about 3 min of copying',
    );
    expect(planSummary(plan([{ ...COPY, estimatedSeconds: 3_600 * 20 }, COPY]))).toContain('20 h');
  });

  it('marks what is unsafe and what is refused where there are colours', () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint = { sql: mark('sql'), warn: mark('warn'), refuse: mark('refuse'), faint: mark('faint') };
    const lines = renderPlanText(plan([COPY, unsafe('items'), blocked('parents')]), paint).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '    <sql>ALTER TABLE `orders` ADD COLUMN `note` varchar(20)</sql>',
        '    <warn>warning</warn>: `price` is a float',
        '<warn>    unsafe: drops `k`</warn>',
        '<refuse>    blocked: has a foreign key</refuse>',
      ]),
    );
  });

  it('is Markdown for a pull request', () => {
    expect(renderPlanMarkdown(plan([COPY]))).toContain(
      '**shop.orders** — alter, copy: changes the type of `k`, about 1,200,000 rows, 340 MiB, 2 min at the default volume, **safe**',
    );
  });
});

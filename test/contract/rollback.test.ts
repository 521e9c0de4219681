import { describe, expect, it } from 'vitest';
import { rollbackOf } from '../../src/contract/index.js';
import { blocked, plan, plannedTask } from '../workflows/plans.js';

const TEXT = 'CREATE TABLE `a` (\n  `id` int NOT NULL,\n  `mail` text,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB';

describe('a change is taken back', () => {
  it('by its tables as they were, and no other table exists for that', () => {
    const made = plan([
      plannedTask('a', { liveDefinition: TEXT }),
      plannedTask('gone', { action: 'drop', liveDefinition: TEXT }),
      plannedTask('new', { action: 'create' }),
      blocked('parents'),
    ]);
    expect(rollbackOf('shop.1', made)).toEqual({
      target: 'shop',
      environment: 'test',
      type: 'mysql',
      schema: { shop: { 'a.sql': `${TEXT};\n`, 'gone.sql': `${TEXT};\n` } },
      options: { onlyTables: ['shop.a', 'shop.gone', 'shop.new'] },
      reason: 'rollback of shop.1',
    });
  });

  it('with the values of renamed columns', () => {
    const renamedColumns = [{ from: 'mail', to: 'e`mail' }];
    const { schema } = rollbackOf('shop.1', plan([plannedTask('a', { liveDefinition: TEXT, renamedColumns })]));
    expect(schema?.shop?.['a.sql']).toContain('\n  -- sterna:renamed from=`e``mail`\n  `mail` text,');
  });

  it.each([
    ['nothing was planned', plan([])],
    ['all was refused', plan([blocked('a')])],
    ['a namespace has only new tables (P5)', plan([plannedTask('new', { action: 'create' })])],
  ])('unless %s', (_, made) => {
    expect(() => rollbackOf('shop.1', made)).toThrow(expect.objectContaining({ code: 'rollback_impossible' }));
  });
});

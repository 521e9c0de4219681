import { expect, it } from 'vitest';
import { parseInventory } from '../../src/inventory/inventory-file.js';
import { developmentInventory } from '../../tools/dev/development-inventory.js';

it('a worker takes the inventory that ./dev up writes, whatever the DSN holds', () => {
  const targets = {
    'local-a': 'mysql://root@127.0.0.1:3306/',
    'local-b': 'mysql://u:p%23"\\:@127.0.0.1:3307/?tls=required',
  };
  const { definition: found } = parseInventory(developmentInventory(targets), 'inventory.yaml');
  expect(found).toMatchObject({ kind: 'targets', development: true });
  const entries = found?.kind === 'targets' ? found.entries : [];
  expect(Object.fromEntries(entries.map(({ target, dsn }) => [target, dsn]))).toEqual(targets);
  expect(entries.map(({ environment }) => environment)).toEqual(['development', 'development']);
});

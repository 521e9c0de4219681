import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { loadInventory } from '../../src/inventory/index.js';
import { TestNamespace } from '../support/namespace.js';
import { dsn } from '../support/servers.js';
import { type Backend, describeInventory, type Ground } from './contract.js';
import { InventoryService } from './inventory-service.js';
import { createInventoryTable, RESOLVE, LIST } from './inventory-table.js';

async function write(folder: string, name: string, content: object): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, stringify(content));
  return file;
}

async function fileBackend(
  { folder, log, env }: Ground,
  content: object,
  rest: Omit<Backend, 'open'>,
): Promise<Backend> {
  const file = await write(folder, 'inventory.yaml', content);
  return { open: () => loadInventory(file, { log, env }), ...rest };
}

const removeDocument = (folder: string) => () => rm(path.join(folder, 'db.yaml'));
const nothing = () => Promise.resolve();

describeInventory(
  'a file',
  (ground) =>
    fileBackend(
      ground,
      { targets: ground.entries },
      { breakDown: removeDocument(ground.folder), [Symbol.asyncDispose]: nothing },
    ),
  { looksAhead: true },
);

describeInventory('a table', async (ground) => {
  const space = await TestNamespace.create('inventory');
  await createInventoryTable(space, ground.entries);
  ground.env.INVENTORY_DSN = dsn(space.server);
  const mysql = { dsn: 'env:INVENTORY_DSN', resolve: RESOLVE(space.name), list: LIST(space.name) };
  return fileBackend(
    ground,
    { mysql },
    {
      breakDown: () => space.query('DROP TABLE targets').then(() => undefined),
      [Symbol.asyncDispose]: () => space.drop(),
    },
  );
});

describeInventory('a service', async (ground) => {
  const service = await InventoryService.start(ground.entries);
  ground.env.TOKEN = 'hunter2';
  const http = { url: service.url, auth: { scheme: 'Bearer', value: 'env:TOKEN' } };
  return fileBackend(
    ground,
    { http },
    {
      breakDown: () => {
        service.answer = () => ({ status: 503, headers: { 'retry-after': '3600' } });
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    },
  );
});

const MODULE = `
import { readFile } from 'node:fs/promises';
const fail = (code) => { throw Object.assign(new Error('Expected another target.'), { name: 'SternaError', code }); };
export default ({ folder, resolveEntry }) => {
  const read = async () => JSON.parse(await readFile(folder + '/entries.json', 'utf8'));
  return {
    resolve: async ({ target, environment }) => {
      const entry = (await read())[target]?.find((each) => each.environment === environment);
      return entry === undefined ? fail('target_unknown') : resolveEntry(target, entry);
    },
    list: async () =>
      Object.entries(await read()).flatMap(([target, entries]) => entries.map((entry) => ({ target, ...entry }))),
  };
};`;

describeInventory('a module', async (ground) => {
  await writeFile(path.join(ground.folder, 'resolver.mjs'), MODULE);
  const entries = path.join(ground.folder, 'entries.json');
  await writeFile(entries, JSON.stringify(ground.entries));
  return fileBackend(
    ground,
    { module: './resolver.mjs' },
    { breakDown: () => rm(entries), [Symbol.asyncDispose]: nothing },
  );
});

describeInventory(
  'by type',
  async (ground) => {
    await write(ground.folder, 'nested.yaml', { targets: ground.entries });
    return fileBackend(
      ground,
      { by_type: { mysql: 'nested.yaml' } },
      { breakDown: removeDocument(ground.folder), [Symbol.asyncDispose]: nothing },
    );
  },
  { looksAhead: true },
);

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../support/until.js';
import { InventoryFolder } from './inventory-folder.js';

let folder: InventoryFolder;
beforeEach(async () => {
  folder = await InventoryFolder.create();
  folder.env.A = 'mysql://u:p@h/';
});
afterEach(() => folder[Symbol.asyncDispose]());

async function open(code: string) {
  await folder.write(code, 'resolver.mjs');
  return folder.open({ module: 'resolver.mjs' });
}

const FINE = {
  target: 'a',
  environment: 'x',
  type: 'mysql',
  connection: { host: 'h', port: 3306, user: 'u', tls: { mode: 'preferred' } },
  labels: {},
  metadata: {},
  requireWriter: false,
};
const answering = (answer: object) => `
  const answer = ${JSON.stringify(answer)};
  if (answer.connection) answer.connection.password = () => Promise.resolve(globalThis.sternaTestPassword ?? 'p');
  export default { resolve: () => Promise.resolve(answer) };`;
const a = { target: 'a', environment: 'x' };

it.each([
  ['nothing', 'export const x = 1;', 'export by default an InventoryResolver'],
  ['something else', 'export default { resolve: 1 };', 'export by default an InventoryResolver'],
  ['a function that returns nothing', 'export default () => undefined;', 'export by default an InventoryResolver'],
  ['a list that is none', 'export default { resolve() {}, list: [] };', 'export by default an InventoryResolver'],
  ['what does not load', 'export default {', 'expected a module that loads'],
  ['what fails', "throw new RangeError('hunter2');", 'RangeError'],
])('a module that exports %s is refused when it is loaded (R2)', async (_, code, text) => {
  const error: unknown = await open(code).catch((found: unknown) => found);
  expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(text) as string });
  expect(String(error)).not.toContain('hunter2');
});

it('a module that is not there is refused when it is loaded', async () => {
  await expect(folder.open({ module: 'nowhere.mjs' })).rejects.toMatchObject({ code: 'config_invalid' });
});

describe('an answer', () => {
  it('that is complete is taken, and cannot list where the module cannot', async () => {
    const inventory = await open(answering(FINE));
    expect(await inventory.resolve(a)).toMatchObject({ target: 'a', connection: { host: 'h' } });
    await expect(inventory.list()).rejects.toMatchObject({ code: 'not_supported' });
  });

  it('without a hash, or with a wrong one, gets one that a rotated password changes (K2)', async () => {
    const inventory = await open(answering({ ...FINE, connectionHash: 'always' }));
    const hash = async () => (await inventory.resolve(a)).connectionHash;
    const first = await hash();
    expect(await hash()).toBe(first);
    (globalThis as { sternaTestPassword?: string }).sternaTestPassword = 'rotated';
    expect(await hash()).not.toBe(first);
    delete (globalThis as { sternaTestPassword?: string }).sternaTestPassword;
  });

  it.each([
    ['nothing', undefined, 'the document'],
    ['no host', { ...FINE, connection: { ...FINE.connection, host: '' } }, 'connection.host'],
    [
      'a connection that names a database',
      { ...FINE, connection: { ...FINE.connection, database: 'shop' } },
      'database',
    ],
    ['no connection', { ...FINE, connection: undefined }, 'connection'],
    ['another target', { ...FINE, target: 'b' }, 'expected the target and environment'],
    ['another environment', { ...FINE, environment: 'y' }, 'expected the target and environment'],
    ['another type', { ...FINE, type: 'postgres' }, 'type'],
    ['labels that are no texts', { ...FINE, labels: { a: 1 } }, 'labels.a'],
  ])('with %s is refused (R3)', async (_, answer, text) => {
    const inventory = await open(answering(answer ?? {}));
    await expect(inventory.resolve(a)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(answer === undefined ? 'target' : text) as string,
    });
  });
});

it('what a module throws says that nothing is known, and its text stays here (R2, R5)', async () => {
  const inventory = await open(
    "export default { resolve: () => { throw new Error('hunter2'); }, list: () => Promise.reject(new Error('hunter2')) };",
  );
  for (const asked of [inventory.resolve(a), inventory.list()]) {
    const error: unknown = await asked.catch((found: unknown) => found);
    expect(error).toMatchObject({ code: 'inventory_unavailable' });
    expect(String(error)).not.toContain('hunter2');
  }
});

const asking = globalThis as { sternaTestAsked?: boolean };
const NEVER = '{ globalThis.sternaTestAsked = true; return new Promise(() => undefined); }';
const isAsked = () => until('the module was asked', () => asking.sternaTestAsked === true);

/** The limit passes once the module is asked. */
async function expectLimit(asked: () => Promise<unknown>): Promise<void> {
  delete asking.sternaTestAsked;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const refused = expect(asked()).rejects.toMatchObject({
      code: 'inventory_unavailable',
      message: 'The inventory module: expected an answer within 30 s, got none.',
    });
    await vi.waitUntil(() => asking.sternaTestAsked === true && vi.getTimerCount() > 0);
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
  } finally {
    vi.useRealTimers();
  }
}

it.each([
  ['resolves nothing', `resolve() ${NEVER}`],
  [
    'has a password that does not come',
    `resolve: () => ({ ...${JSON.stringify(FINE)}, connection: { ...${JSON.stringify(FINE.connection)}, password() ${NEVER} } })`,
  ],
])('a module that %s is not waited for for ever, and is left at a signal (R5)', async (_, code) => {
  const inventory = await open(`export default { ${code} };`);
  await expectLimit(() => inventory.resolve(a));
  delete asking.sternaTestAsked;
  const abort = new AbortController();
  const given = inventory.resolve(a, abort.signal);
  await isAsked();
  abort.abort(new Error('no more'));
  await expect(given).rejects.toThrow('no more');
});

it('a module that does not come to an end while it is loaded is not waited for for ever', async () => {
  await expectLimit(() => open(`export default () => ${NEVER};`));
});

it('entries that a module makes hold what it has registered as a secret', async () => {
  const inventory = await open(`
    export default ({ registerSecretScheme, resolveEntry }) => {
      registerSecretScheme('testvault', async (rest) => 'mysql://u:' + rest.toUpperCase() + '@h/');
      return { resolve: ({ target }) => resolveEntry(target, { environment: 'x', dsn: 'testvault:pw' }) };
    };`);
  expect(await (await inventory.resolve(a)).connection.password()).toBe('PW');
});

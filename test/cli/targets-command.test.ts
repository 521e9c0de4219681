import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';

const MORE = `    labels: { region: eu, tier: gold }
  orders:
    - environment: test
      dsn: mysql://secret-user@127.0.0.1:1/?tls=required
      tls_ca: ca.pem
      labels: { region: eu }
      schema_overrides: { shop: shop_test }
      require_writer: true
      replicas: [{ dsn: env:NOT_SET }]
      workspace: { dsn_from: { config: gone.json, host: host, user: secret-user, password: env:NOT_SET } }
    - environment: production
      dsn_from: { config: db.json, host: host, user: secret-user, password: env:ORDERS_PASSWORD, tls: verify-ca }
      labels: { region: us }
`;

let plane: TestDataPlane;
let inventory: string;
beforeAll(async () => {
  plane = await TestDataPlane.create('targets', MORE);
  inventory = path.join(plane.folder, 'inventory.yaml');
  plane.env.ORDERS_PASSWORD = 'hunter2';
  await writeFile(path.join(plane.folder, 'ca.pem'), 'of nobody');
  await writeFile(path.join(plane.folder, 'db.json'), '{"host": "secret-host"}');
  await plane.startWorker();
});
afterAll(async () => {
  await expectNoLeaks({ taskQueues: [plane.name] });
  await plane[Symbol.asyncDispose]();
});

const targets = async (...args: string[]) => {
  const { code, stdout, stderr } = await plane.sterna('targets', ...args);
  expect(stdout + stderr, 'R2').not.toMatch(/hunter2|secret-host|secret-user|127\.0\.0\.1/);
  return { code, text: stdout, answer: args.includes('--json') ? (JSON.parse(stdout) as Answer) : {} };
};
interface Answer {
  readonly targets?: readonly { readonly target: string; readonly environment: string; readonly ok?: boolean }[];
  readonly inventoryStale?: boolean;
  readonly server?: object;
  readonly code?: string;
}
const names = ({ targets: found = [] }: Answer) => found.map(({ target, environment }) => `${environment} ${target}`);

describe('targets', () => {
  it.each([
    [[], ['production orders', 'test DB', 'test orders']],
    [
      ['-e', 'test'],
      ['test DB', 'test orders'],
    ],
    [
      ['--label', 'region=eu'],
      ['test DB', 'test orders'],
    ],
    [['--label', 'region=eu', '--label', 'tier=gold'], ['test DB']],
    [['--label', 'region=us', '-e', 'test'], []],
  ])('of %j are %j', async (flags, expected) => {
    const { code, answer } = await targets(...flags, '--json');
    expect(names(answer)).toEqual(expected.map((each) => each.replace('DB', plane.target)));
    expect([code, answer.inventoryStale]).toEqual([0, false]);
  });

  it('refuses a label without a value', async () => {
    expect((await plane.sterna('targets', '--label', 'region')).code).toBe(2);
  });

  it('connects to those that are meant, and says which of them answer', async () => {
    const found = await targets('--probe', '--label', 'region=eu', '--json');
    expect(names(found.answer)).toEqual([`test ${plane.target}`, 'test orders']);
    expect(found.answer.targets?.map(({ ok }) => ok)).toEqual([true, false]);
    expect(found.code).toBe(5);
    const { code, text } = await targets('--probe', '--label', 'tier=gold');
    expect(text).toMatch(new RegExp(`${plane.target} .* ok .* yes`));
    expect(code).toBe(0);
  });

  it('says that the worker has an earlier inventory in force, and so does its metric, until it is whole again (R5)', async () => {
    const whole = await readFile(inventory, 'utf8');
    const log = (await readFile(path.join(plane.folder, 'worker.log'), 'utf8')).trim().split('\n');
    const port = log.map((line) => (JSON.parse(line) as { healthPort?: number }).healthPort).find(Boolean);
    const metric = async () =>
      /^sterna_inventory_stale (\d)$/m.exec(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())?.[1];
    expect(await metric()).toBe('0');
    await writeFile(inventory, 'targets: [broken');
    expect(await metric()).toBe('1');
    const broken = await targets('--probe', '--label', 'tier=gold', '--json');
    expect([names(broken.answer), broken.answer.inventoryStale]).toEqual([[`test ${plane.target}`], true]);
    expect((await targets('--probe', '--label', 'tier=gold')).text).toContain('an earlier state is in force');
    await writeFile(inventory, whole);
    expect(await metric()).toBe('0');
    expect((await targets('--probe', '--label', 'tier=gold', '--json')).answer.inventoryStale).toBe(false);
  });
});

describe('targets explain', () => {
  it('says where an address comes from, and shows none of it (R2)', async () => {
    const { code, text } = await targets('explain', 'orders', '-e', 'production');
    expect(text).toContain('document db.json, password env:ORDERS_PASSWORD, TLS verify-ca, secret found');
    expect(text).toContain(inventory);
    expect(code).toBe(0);
  });

  it('says what is missing, with everything else that the entry says (R2)', async () => {
    const { code, answer } = await targets('explain', 'orders', '-e', 'test', '--json');
    expect(answer).toEqual({
      target: 'orders',
      environment: 'test',
      type: 'mysql',
      file: inventory,
      kind: 'targets',
      server: { from: 'the entry itself', tls: 'required', tlsCa: 'ca.pem' },
      replicas: [
        {
          from: 'env:NOT_SET',
          error: { code: 'secret_missing', message: expect.stringContaining('NOT_SET') as string },
        },
      ],
      workspace: {
        from: 'document gone.json, password env:NOT_SET',
        error: { code: 'inventory_unavailable', message: expect.stringContaining('gone.json') as string },
      },
      labels: { region: 'eu' },
      metadata: {},
      schemaOverrides: { shop: 'shop_test' },
      limits: {},
      requireWriter: true,
    });
    expect(code).toBe(5);
  });

  it('needs the environment where there are several, and knows no other target', async () => {
    expect(await targets('explain', 'orders', '--json')).toMatchObject({ code: 2, answer: { code: 'target_unknown' } });
    expect((await targets('explain', 'nobody')).code).toBe(2);
    expect((await targets('explain', plane.target)).text).toContain('env:TEST_DSN');
  });

  it('reads another inventory', async () => {
    const other = path.join(plane.folder, 'other.yaml');
    await writeFile(other, 'module: other.mjs\n');
    await writeFile(
      path.join(plane.folder, 'other.mjs'),
      `export default ({ registerSecretScheme, resolveEntry }) => {
         registerSecretScheme('vault', (path) => Promise.resolve('mysql://secret-user:hunter2@secret-host/' + path));
         return { resolve: ({ target }) => resolveEntry(target, { environment: 'x', dsn: 'vault:' }) };
       };`,
    );
    const { answer } = await targets('explain', 'any', '--inventory', other, '--json');
    expect(answer).toMatchObject({
      kind: 'module',
      environment: 'x',
      server: { from: 'the module', tls: 'preferred' },
    });
    expect(await targets('--inventory', other, '--json')).toMatchObject({ code: 3, answer: { code: 'not_supported' } });
  });
});

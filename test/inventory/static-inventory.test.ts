import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadInventory, mapNamespace } from '../../src/inventory/index.js';

let folder: string;
let file: string;
const logged: string[] = [];
const log = {
  warn: (_: object, message: string) => void logged.push(message),
  error: (_: object, message: string) => void logged.push(message),
};
let env: NodeJS.ProcessEnv = {};
const load = () => loadInventory(file, { log, env });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sterna-inventory-'));
  file = path.join(folder, 'inventory.yaml');
  logged.length = 0;
  env = {};
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const write = (text: string) => writeFile(file, text);

describe('a file that is wrong is refused with the place of each mistake', () => {
  it.each([
    ['targets: {}', 'at least one target'],
    ['targets:\n  a:\n    environment: x\n', 'exactly one of dsn, dsn_from and address'],
    [
      'targets:\n  a:\n    environment: x\n    dsn: env:A\n    dsn_from: {config: c, host: h, user: u, password: env:P}\n',
      'exactly one of dsn, dsn_from and address',
    ],
    ['targets:\n  a:\n    environment: x\n    dsn: env:A\n    lables: {}\n', 'targets.a'],
    ['targets:\n  a:\n    dsn: env:A\n', 'targets.a.environment'],
    ['targets: [', 'inventory.yaml:1:'],
    ['targets: {}\n---\ntargets: {}\n', 'expected one YAML document'],
    [
      'targets:\n  a: {environment: x, dsn: env:A}\n  a: {environment: y, dsn: env:B}\n',
      'inventory.yaml:3:3: expected each key once in a map, found one again',
    ],
    [
      'targets:\n  a:\n    environment: x\n    dsn: env:A\n    dsn: env:B\n',
      'inventory.yaml:5:5: expected each key once',
    ],
    ['targets:\n  a: {environment: x, dsn: env:A, replicas: [{}]}\n', 'targets.a.replicas.0'],
    ['targets:\n  a: {environment: x, dsn: env:A, throttle: {threads_running: 0}}\n', 'throttle.threads_running'],
    ['targets:\n  a: {environment: x, dsn: env:A, throttle: {threads: 9}}\n', 'targets.a.throttle'],
    ['targets:\n  a:\n    - {environment: x, dsn: env:A}\n    - {environment: x, dsn: env:B}\n', 'found two'],
  ])('%s', async (text, expected) => {
    await write(text);
    await expect(load()).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(expected) as string,
    });
  });
});

describe('resolve', () => {
  it('keeps environments apart and says where a target is (R5: unknown is an answer of its own)', async () => {
    env.S = 'mysql://u:p@staging/';
    env.P = 'mysql://u:p@production/';
    await write(
      'targets:\n  orders:\n    - {environment: staging, dsn: env:S}\n    - {environment: production, dsn: env:P}\n',
    );
    const inventory = await load();
    expect((await inventory.resolve({ target: 'orders', environment: 'production' })).connection.host).toBe(
      'production',
    );
    await expect(inventory.resolve({ target: 'orders', environment: 'test' })).rejects.toMatchObject({
      code: 'target_unknown',
      message: expect.stringContaining('production or staging') as string,
    });
    await expect(inventory.resolve({ target: 'nobody', environment: 'production' })).rejects.toMatchObject({
      code: 'target_unknown',
    });
    await expect(inventory.resolve({ target: '', environment: 'production' })).rejects.toMatchObject({
      code: 'target_unknown',
    });
    expect((await inventory.list()).map(({ target, environment }) => `${target} ${environment}`)).toEqual([
      'orders production',
      'orders staging',
    ]);
  });

  it('refuses a type that it does not serve', async () => {
    env.A = 'mysql://u:p@h/';
    await write('targets:\n  a: {environment: x, type: postgres, dsn: env:A}\n');
    await expect((await load()).resolve({ target: 'a', environment: 'x' })).rejects.toMatchObject({
      code: 'target_type_mismatch',
    });
  });

  it('takes no missing secret for an empty one', async () => {
    await write(
      'targets:\n  a: {environment: x, dsn: env:NOT_SET}\n  b: {environment: x, dsn: "file:/nowhere/at/all"}\n',
    );
    const inventory = await load();
    await expect(inventory.resolve({ target: 'a', environment: 'x' })).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('NOT_SET') as string,
    });
    await expect(inventory.resolve({ target: 'b', environment: 'x' })).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  it('refuses a DSN that names a database, which would decide the namespace (R3)', async () => {
    env.A = 'mysql://u:p@h/shop';
    await write('targets:\n  a: {environment: x, dsn: env:A}\n');
    await expect((await load()).resolve({ target: 'a', environment: 'x' })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('no database') as string,
    });
  });

  it('refuses a plain password outside of development', async () => {
    await write('targets:\n  a: {environment: x, dsn: "mysql://u:hunter2@h/"}\n');
    const refused: unknown = await load().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'config_invalid' });
    expect(String(refused)).not.toContain('hunter2');
  });

  it('quotes nothing of a dsn_from document that is broken or incomplete (R2)', async () => {
    env.PW = 'hunter2';
    await write(
      'targets:\n  a:\n    environment: x\n    dsn_from: {config: db.yaml, host: writer.host, port: writer.port, user: app, password: env:PW}\n',
    );
    const inventory = await load();
    for (const [document, expected] of [
      ['writer: {host: secret-host, password: hunter2\n  ]', /db\.yaml/],
      ['writer: {port: 3306, password: hunter2}', /host at writer\.host/],
      ['writer: {host: secret-host, port: 99999, password: hunter2}', /port from 1 to 65535/],
    ] as const) {
      await writeFile(path.join(folder, 'db.yaml'), document);
      const failure: unknown = await inventory
        .resolve({ target: 'a', environment: 'x' })
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: expect.stringMatching(/^(config_invalid|inventory_unavailable)$/) as string,
      });
      expect(String(failure)).toMatch(expected);
      expect(String(failure)).not.toMatch(/hunter2|secret-host/);
    }
  });

  it('assembles dsn_from anew at every use, so that a moved server and a rotated password count at once', async () => {
    await writeFile(path.join(folder, 'db.json'), '{"writer": {"host": "one", "port": 3307}}');
    env.PW = 'first';
    await write(
      'targets:\n  a:\n    environment: x\n    dsn_from: {config: db.json, host: writer.host, port: writer.port, user: app, password: env:PW}\n',
    );
    const inventory = await load();
    const before = await inventory.resolve({ target: 'a', environment: 'x' });
    expect(before.connection).toMatchObject({ host: 'one', port: 3307, user: 'app' });
    await writeFile(path.join(folder, 'db.json'), '{"writer": {"host": "two", "port": 3307}}');
    env.PW = 'second';
    const after = await inventory.resolve({ target: 'a', environment: 'x' });
    expect(after.connection.host).toBe('two');
    expect(await after.connection.password()).toBe('second');
    expect(after.connectionHash).not.toBe(before.connectionHash);
    expect(JSON.stringify(after)).not.toContain('second');
  });

  it('a document that is gone makes its target unavailable, never unknown (R5)', async () => {
    env.PW = 'p';
    await write(
      'targets:\n  a:\n    environment: x\n    dsn_from: {config: gone.yaml, host: h, user: app, password: env:PW}\n',
    );
    await expect((await load()).resolve({ target: 'a', environment: 'x' })).rejects.toMatchObject({
      code: 'inventory_unavailable',
    });
  });

  it('knows the replicas and limits of a target, and opens a client anew when one of them changes', async () => {
    env.A = 'mysql://u:p@writer/';
    env.R = 'mysql://u:secret@one/';
    const withReplicas = (limit: number): string =>
      `targets:\n  a:\n    environment: x\n    dsn: env:A\n    replicas: [{dsn: env:R}, {dsn: env:R}]\n    throttle: {replica_lag_seconds: ${limit}, threads_running: 64}\n`;
    await write(withReplicas(10));
    const inventory = await load();
    const resolve = () => inventory.resolve({ target: 'a', environment: 'x' });
    const first = await resolve();
    expect(first.connection.host).toBe('writer');
    expect(first.replicas).toMatchObject([{ host: 'one' }, { host: 'one' }]);
    expect(first.limits).toEqual({ replicaLagSeconds: 10, threadsRunning: 64 });
    expect(JSON.stringify(first)).not.toContain('secret');
    env.R = 'mysql://u:rotated@one/';
    const second = await resolve();
    expect(second.connectionHash).not.toBe(first.connectionHash);
    await write(withReplicas(5));
    expect((await resolve()).connectionHash).not.toBe(second.connectionHash);
    delete env.R;
    await expect(resolve()).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('targets.a.replicas.0.dsn') as string,
    });
  });

  it('refuses a plain password and a database in the DSN of a replica as well (R3)', async () => {
    env.A = 'mysql://u:p@writer/';
    env.D = 'mysql://u:p@one/shop';
    for (const dsn of ['"mysql://u:p@one/"', 'env:D']) {
      await write(`targets:\n  a: {environment: x, dsn: env:A, replicas: [{dsn: ${dsn}}]}\n`);
      const resolving = load().then((inventory) => inventory.resolve({ target: 'a', environment: 'x' }));
      await expect(resolving).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringContaining('targets.a.replicas.0.dsn') as string,
      });
    }
  });

  it('a rotated password alone makes it another connection, which a client is opened anew for (K2)', async () => {
    env.A = 'mysql://u:first@h/';
    await write('targets:\n  a: {environment: x, dsn: env:A}\n');
    const inventory = await load();
    const hash = async () => (await inventory.resolve({ target: 'a', environment: 'x' })).connectionHash;
    const before = await hash();
    expect(await hash()).toBe(before);
    env.A = 'mysql://u:second@h/';
    expect(await hash()).not.toBe(before);
  });

  it('keeps the last good state when an edit breaks the file, and says so loudly (R5)', async () => {
    env.A = 'mysql://u:p@h/';
    await write('targets:\n  a: {environment: x, dsn: env:A}\n');
    const inventory = await load();
    await write('targets: [broken');
    expect((await inventory.resolve({ target: 'a', environment: 'x' })).connection.host).toBe('h');
    expect(logged).toEqual([expect.stringContaining('the last good state stays in force')]);
    await write('targets:\n  b: {environment: x, dsn: env:A}\n');
    await expect(inventory.resolve({ target: 'a', environment: 'x' })).rejects.toMatchObject({
      code: 'target_unknown',
    });
  });

  it('loads the example in config/', async () => {
    const inventory = await loadInventory('config/inventory.yaml', { log, env });
    expect((await inventory.list()).map(({ target, environment }) => `${target} ${environment}`)).toEqual([
      'local-a development',
      'orders production',
      'orders staging',
    ]);
  });
});

describe('mapNamespace', () => {
  it('is a strict allowlist where there are overrides (R4)', () => {
    const target = { target: 'a', schemaOverrides: { shop: 'shop_prod' } };
    expect(mapNamespace(target, 'shop')).toBe('shop_prod');
    expect(() => mapNamespace(target, 'other')).toThrow(expect.objectContaining({ code: 'namespace_not_allowed' }));
    expect(() => mapNamespace(target, 'constructor')).toThrow(
      expect.objectContaining({ code: 'namespace_not_allowed' }),
    );
    expect(mapNamespace({ target: 'a' }, 'shop')).toBe('shop');
  });
});

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TargetRouter } from '../../src/router/index.js';
import { InventoryFolder } from './inventory-folder.js';

let folder: InventoryFolder;
beforeEach(async () => {
  folder = await InventoryFolder.create();
  folder.env.A = 'mysql://u:p@h/';
});
afterEach(() => folder[Symbol.asyncDispose]());

const entry = { environment: 'x', dsn: 'env:A' };
const SQL = 'SELECT * FROM i.targets WHERE target = :target';

describe('an inventory file says in one way where targets are kept', () => {
  it.each<[string, object | string, string]>([
    ['in none', {}, 'exactly one of targets, mysql, http, module, by_type'],
    ['nothing at all', '', 'the document'],
    ['in two', { targets: { a: entry }, module: 'x.js' }, 'exactly one of'],
    ['in an unknown one', { consul: {} }, 'consul'],
    [
      'SQL that asks for no target',
      { mysql: { dsn: 'env:A', resolve: 'SELECT 1' } },
      'mysql.resolve: expected :target',
    ],
    ['SQL with another parameter', { mysql: { dsn: 'env:A', resolve: `${SQL} AND a = :env` } }, 'found :env'],
    ['a URL of another kind', { http: { url: 'ftp://h/' } }, 'http.url: expected http://'],
    ['a URL with a password', { http: { url: 'https://u:hunter2@h/' } }, 'http.url: expected no user'],
    ['a URL with a query', { http: { url: 'https://h/?a=b' } }, 'http.url: expected nothing behind'],
    ['a token in the clear', { http: { url: 'http://h/', auth: { value: 'env:T' } } }, 'http.url: expected https://'],
    ['by no type', { by_type: {} }, 'by_type: expected at least one'],
    ['by type in by type', { by_type: { mysql: { by_type: {} } } }, 'by_type.mysql'],
    ['by type, and wrong there', { by_type: { mysql: { targets: { a: {} } } } }, 'by_type.mysql.targets.a.environment'],
    ['by type, and empty there', { by_type: { mysql: { targets: {} } } }, 'by_type.mysql.targets: expected at least'],
  ])('%s', async (_, content, text) => {
    const error: unknown = await folder.open(content).catch((found: unknown) => found);
    expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(text) as string });
    expect(String(error)).not.toContain('hunter2');
  });

  it('tells every mistake at once, in entries of a list as well', async () => {
    const error: unknown = await folder
      .open({
        targets: { a: [{ ...entry, lables: {} }, { environment: '' }], b: { ...entry, throttle: { x: 1 } } },
        x: 1,
      })
      .catch((found: unknown) => found);
    for (const text of ['targets.a.0', 'lables', 'targets.a.1.environment', 'targets.b.throttle', '"x"'])
      expect(String(error)).toContain(text);
  });

  it('tells all that is wrong beyond the shape, as far as it is known without a secret, in every file at once (R2)', async () => {
    await folder.write('of nobody', 'ca.pem');
    const nested = { targets: { e: { ...entry, dsn: 'nested:hunter2', tls_ca: 'ca.pem' }, f: { ...entry, x: 1 } } };
    await folder.write(nested, 'nested.yaml');
    const servers = {
      a: { ...entry, dsn: 'mysql://secret-user@secret-host/shop?tsl=x&tls=y', tls_ca: 'gone.pem', lables: {} },
      b: [
        { ...entry, dsn: 'secret-user:hunter2@tcp(secret-host:70000)/shop', allow_database: true },
        {
          environment: 'y',
          address: { host: '10.0.0.1', user: 'secret-user', password: 'hunter2', tls: 'verify-identity' },
          replicas: [{ ...entry, environment: undefined, tls_ca: 'gone.pem' }, { dsn: 'vault:hunter2' }],
          workspace: { dsn_from: { config: 'c', host: 'h', user: 'secret-user', password: 'vualt:hunter2' } },
        },
      ],
      c: { ...entry, type: 'postgres', dsn: 'postgres://secret-host/' },
      d: { ...entry, dsn: 'mysql://secret-user@secret-host/', tls_ca: 'ca.pem' },
    };
    const error = (content: object) => folder.open(content).catch((found: unknown) => found);
    const expected = (prefix: string) => [
      `${prefix}targets.a.dsn: expected no parameter but tls and those of the Go driver, found tsl`,
      `${prefix}targets.a.dsn: expected tls to be one of`,
      `${prefix}targets.a.dsn: expected no database`,
      `${prefix}targets.b.0.dsn: expected a port from 1 to 65535`,
      `${prefix}targets.b.0.dsn: expected a secret reference`,
      `${prefix}targets.b.1.address.password: expected a secret reference`,
      `${prefix}targets.b.1.address.tls: expected a host name`,
      `${prefix}targets.b.1.replicas.1.dsn: expected a DSN`,
      `${prefix}targets.b.1.workspace.dsn_from.password: expected a secret reference`,
      `${prefix}targets.a.tls_ca: expected a readable file`,
      `${prefix}targets.b.1.replicas.0.tls_ca: expected a readable file`,
    ];
    const told = (message: string): string[] =>
      message.match(/\b(by_type|targets|mysql|http)\.[\w.]+: expected [^;]*/g) ?? [];
    const matching = (texts: string[]) => texts.map((text) => expect.stringContaining(text) as string);
    const plain = await error({ targets: servers });
    expect(plain).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('lables') as string });
    expect(told((plain as Error).message)).toEqual(matching(expected('')));

    const { a, ...others } = servers;
    const whole = { targets: { ...others, a: { ...a, lables: undefined } } };
    const parts = await error({
      by_type: {
        mysql: whole,
        nested: 'nested.yaml',
        gone: 'gone.yaml',
        http: { http: { url: 'https://h/', auth: { value: 'hunter2' } } },
        table: { mysql: { dsn: 'mysql://secret-user:hunter2@secret-host/x', resolve: SQL } },
        module: { module: 'gone.mjs' },
      },
    });
    expect(parts).toMatchObject({ code: 'config_invalid' });
    const { message } = parts as Error;
    expect(told(message)).toEqual(
      expect.arrayContaining(
        matching([
          ...expected('by_type.mysql.'),
          'by_type.http.http.auth.value: expected a secret reference',
          'by_type.table.mysql.dsn: expected no database',
          'by_type.table.mysql.dsn: expected a secret reference',
          'targets.e.dsn: expected a DSN',
        ]),
      ),
    );
    for (const text of [/nested\.yaml: targets\.f: .*"x"/, /gone\.yaml: ENOENT/, /a module that loads at .*gone\.mjs/])
      expect(message).toMatch(text);
    expect(`${String(plain)}${message}`).not.toMatch(/hunter2|secret-host|secret-user|10\.0\.0\.1|vualt/);
  });

  it('takes schemes that a module registers for known, in whichever part of it', async () => {
    await folder.write({ targets: { a: { ...entry, dsn: 'loadtime:x' } } }, 'mysql.yaml');
    await folder.write(
      `export default ({ registerSecretScheme }) => {
         registerSecretScheme('loadtime', () => Promise.resolve('mysql://u:p@of-module/'));
         return { resolve: () => Promise.reject(new Error('not asked')) };
       };`,
      'late.mjs',
    );
    const inventory = await folder.open({ by_type: { mysql: 'mysql.yaml', other: { module: 'late.mjs' } } });
    expect((await inventory.resolve({ target: 'a', environment: 'x' })).connection.host).toBe('of-module');
  });

  it.each(['https://h/', 'http://localhost:80/', 'http://127.0.0.1/', 'http://[::1]/'])(
    'a token may go to %s',
    async (url) => {
      await folder.open({ http: { url, auth: { value: 'env:T' } } });
    },
  );
});

describe('an inventory by type', () => {
  it('asks the inventory of the type, and lists all of them', async () => {
    await folder.write({ targets: { a: { ...entry, labels: { kept: 'in a file' } } } }, 'mysql.yaml');
    const inventory = await folder.open({
      by_type: { mysql: 'mysql.yaml', postgres: { targets: { a: { ...entry, type: 'postgres' } } } },
    });
    expect((await inventory.resolve({ target: 'a', environment: 'x' })).labels).toEqual({ kept: 'in a file' });
    expect((await inventory.list()).map(({ target, type }) => `${target} ${type}`)).toEqual(['a mysql', 'a postgres']);
  });

  it('refuses a type that it has no inventory for', async () => {
    const inventory = await folder.open({ by_type: { postgres: { targets: { a: { ...entry, type: 'postgres' } } } } });
    await expect(inventory.resolve({ target: 'a', environment: 'x' })).rejects.toMatchObject({
      code: 'target_type_mismatch',
    });
  });

  it('lists nothing where one of them cannot: what is left out would seem not to exist (R5)', async () => {
    const inventory = await folder.open({
      by_type: { mysql: { targets: { a: entry } }, other: { mysql: { dsn: 'env:A', resolve: SQL } } },
    });
    await expect(inventory.list()).rejects.toMatchObject({ code: 'not_supported' });
  });

  it('holds no inventory by type in a file of one type, such as itself', async () => {
    await expect(folder.open({ by_type: { mysql: 'inventory.yaml' } })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('no by_type') as string,
    });
  });
});

describe('an edit', () => {
  const state = async (inventory: Awaited<ReturnType<typeof folder.load>>) => ({
    health: await inventory.health(),
    listed: (await inventory.list()).map(({ target }) => target),
  });

  it('may keep the targets elsewhere from now on', async () => {
    const inventory = await folder.open({ targets: { a: entry } });
    await folder.write({ by_type: { mysql: { targets: { b: entry } } } });
    expect(await state(inventory)).toEqual({ health: { stale: false }, listed: ['b'] });
    await folder.write({ mysql: { dsn: 'env:A', resolve: SQL } });
    await expect(inventory.list()).rejects.toMatchObject({ code: 'not_supported' });
  });

  it('may make an inventory one that can list, which the router that has it knows at once, in a file of one type as well', async () => {
    const cannot = { mysql: { dsn: 'env:A', resolve: SQL } };
    await folder.write(cannot, 'mysql.yaml');
    for (const [content, edited] of [
      [cannot, 'inventory.yaml'],
      [{ by_type: { mysql: 'mysql.yaml' } }, 'mysql.yaml'],
    ] as const) {
      const resolver = await folder.open(content);
      await using router = new TargetRouter({ resolver, openClient: () => expect.fail('expected no client') });
      await expect(router.list()).rejects.toMatchObject({ code: 'not_supported' });
      await folder.write({ targets: { a: entry } }, edited);
      expect(await router.list()).toHaveLength(1);
    }
  });

  it.each<[string, object | string]>([
    ['is no YAML', 'targets: [broken'],
    ['breaks a rule', { targets: {} }],
    ['names a module that is not there', { module: 'nowhere.mjs' }],
  ])(
    'that %s is told, and the last good state stays in force until the file is whole again (R5)',
    async (_, broken) => {
      const inventory = await folder.open({ targets: { a: entry } });
      expect(await state(inventory)).toEqual({ health: { stale: false }, listed: ['a'] });
      await folder.write(broken);
      expect(await state(inventory)).toEqual({
        health: { stale: true, message: expect.stringMatching(/expected/i) as string },
        listed: ['a'],
      });
      expect(folder.logged).toHaveLength(1);
      await folder.write({ targets: { b: entry } });
      expect(await state(inventory)).toEqual({ health: { stale: false }, listed: ['b'] });
    },
  );

  it('that breaks the file of one type makes the whole stale, as does a file that is gone (R5)', async () => {
    await folder.write({ targets: { a: entry } }, 'mysql.yaml');
    const inventory = await folder.open({ by_type: { mysql: 'mysql.yaml' } });
    await rm(path.join(folder.folder, 'mysql.yaml'));
    expect(await state(inventory)).toMatchObject({ health: { stale: true }, listed: ['a'] });
    await folder.write({ targets: { c: entry } }, 'mysql.yaml');
    expect(await state(inventory)).toEqual({ health: { stale: false }, listed: ['c'] });
    await rm(folder.file);
    expect(await state(inventory)).toMatchObject({ health: { stale: true }, listed: ['c'] });
  });

  it('that failed is tried again a moment later, without another edit, and told again only where it fails otherwise (R5)', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const inventory = await folder.open({ targets: { a: entry } });
      const nested = { targets: { b: entry } };
      await folder.write({ by_type: { mysql: 'late.yaml', other: { development: true, ...nested } } });
      expect(await state(inventory)).toMatchObject({ health: { stale: true }, listed: ['a'] });
      const later = () => {
        vi.advanceTimersByTime(1_000);
        return state(inventory);
      };
      expect(await later()).toMatchObject({ health: { stale: true }, listed: ['a'] });
      expect(folder.logged).toHaveLength(1);
      await folder.write('targets: [', 'late.yaml');
      expect(await later()).toMatchObject({ health: { stale: true }, listed: ['a'] });
      expect(folder.logged).toHaveLength(2);
      await folder.write({ targets: { c: entry } }, 'late.yaml');
      expect(await state(inventory), 'not at every use').toMatchObject({ health: { stale: true }, listed: ['a'] });
      expect(await later()).toEqual({ health: { stale: false }, listed: ['b', 'c'] });
      expect(folder.logged).toHaveLength(3);
      expect(folder.logged[2]).toContain('development');
    } finally {
      vi.useRealTimers();
    }
  });
});

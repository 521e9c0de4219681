import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LoadedInventory } from '../../src/inventory/index.js';

/** An entry as it stands in an inventory file. */
export type FileEntry = Readonly<Record<string, unknown>> & { readonly environment: string };
export type FileEntries = Readonly<Record<string, readonly FileEntry[]>>;

/** One backend with the entries of the contract. */
export interface Backend extends AsyncDisposable {
  open(): Promise<LoadedInventory>;
  /** From now on it cannot answer; only what stands in the file itself is still known. */
  breakDown(): Promise<void>;
}

/** What a backend is set up in. */
export interface Ground {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  readonly entries: FileEntries;
}

const SECRETS = ['hunter2', 'secret-host', 'secret-user'];
const ENTRIES: FileEntries = {
  orders: [
    { environment: 'staging', dsn: 'env:STAGING', labels: { tier: 'gold' }, metadata: { owner: 'team-orders' } },
    {
      environment: 'production',
      dsn: 'env:PRODUCTION',
      labels: { tier: 'iron' },
      replicas: [{ dsn: 'env:REPLICA' }],
      workspace: { dsn: 'env:WORKSPACE' },
      throttle: { threads_running: 9, replica_lag_seconds: 2 },
      schema_overrides: { shop: 'shop_prod', auth: 'auth_prod' },
      require_writer: true,
    },
  ],
  addressed: [
    {
      environment: 'production',
      address: { host: 'secret-host', port: 3307, user: 'secret-user', password: 'env:PASSWORD', tls: 'required' },
    },
  ],
  documented: [
    {
      environment: 'production',
      dsn_from: { config: 'db.yaml', host: 'writer.host', user: 'secret-user', password: 'env:PASSWORD' },
    },
  ],
  'other type/of base': [{ environment: 'production', type: 'postgres', dsn: 'env:PRODUCTION' }],
  named: [{ environment: 'production', dsn: 'env:NAMED' }],
  labelled: [{ environment: 'production', dsn: 'env:NAMED', allow_database: true }],
  absent: [{ environment: 'production', dsn: 'env:NOT_SET' }],
};
/** What is known to be wrong before any secret is read. */
const WRONG: FileEntries = {
  plain: [{ environment: 'production', dsn: 'mysql://secret-user:hunter2@secret-host/' }],
  unknown_form: [{ environment: 'production', dsn: 'vault:hunter2/secret-host' }],
};

/**
 * What every backend promises, told once.
 *
 * @param looksAhead it has all entries when it is opened, and refuses wrong ones then
 */
export function describeInventory(
  name: string,
  setUp: (ground: Ground) => Promise<Backend>,
  { looksAhead = false } = {},
): void {
  describe(`the contract of an inventory: ${name}`, () => {
    let folder: string;
    let backend: Backend;
    let inventory: LoadedInventory;
    const env: NodeJS.ProcessEnv = {};
    const log = { warn: () => undefined, error: () => undefined };
    const setEnvironment = (): void => {
      Object.assign(env, {
        STAGING: 'mysql://secret-user:hunter2@secret-host-staging/?tls=verify-identity',
        PRODUCTION: 'mysql://secret-user:hunter2@secret-host-production/',
        REPLICA: 'mysql://secret-user:hunter2@secret-host-replica/',
        WORKSPACE: 'mysql://secret-user:hunter2@secret-host-workspace/',
        NAMED: 'mysql://secret-user:hunter2@secret-host/shop',
        PASSWORD: 'hunter2',
      });
    };

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'sterna-inventory-'));
      await writeFile(path.join(folder, 'db.yaml'), 'writer: {host: secret-host-document}');
      backend = await setUp({ folder, env, log, entries: looksAhead ? ENTRIES : { ...ENTRIES, ...WRONG } });
      inventory = await backend.open();
    });
    beforeEach(setEnvironment);
    afterAll(async () => {
      await backend[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    const production = (target: string) => inventory.resolve({ target, environment: 'production' });
    const refusal = async (asked: Promise<unknown>): Promise<{ code?: string; message: string }> => {
      const error: unknown = await asked.then(
        () => expect.fail('expected a refusal'),
        (found: unknown) => found,
      );
      // R2, whatever it is about
      for (const secret of SECRETS) expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(secret);
      return error as { code?: string; message: string };
    };

    it('finds a target with everything that its entry says', async () => {
      const { connectionHash, ...found } = await production('orders');
      expect(connectionHash).toMatch(/^[0-9a-f]{64}$/);
      expect(await found.connection.password()).toBe('hunter2');
      expect(JSON.parse(JSON.stringify(found))).toEqual({
        target: 'orders',
        environment: 'production',
        type: 'mysql',
        connection: { host: 'secret-host-production', port: 3306, user: 'secret-user', tls: { mode: 'preferred' } },
        labels: { tier: 'iron' },
        metadata: {},
        schemaOverrides: { shop: 'shop_prod', auth: 'auth_prod' },
        replicas: [{ host: 'secret-host-replica', port: 3306, user: 'secret-user', tls: { mode: 'preferred' } }],
        workspace: { host: 'secret-host-workspace', port: 3306, user: 'secret-user', tls: { mode: 'preferred' } },
        limits: { threadsRunning: 9, replicaLagSeconds: 2 },
        requireWriter: true,
      });
    });

    it('finds it by an address in parts, and by one in a document', async () => {
      const { host, port, user, password, tls } = (await production('addressed')).connection;
      expect([host, port, user, await password(), tls]).toEqual([
        ...['secret-host', 3307, 'secret-user', 'hunter2'],
        { mode: 'required' },
      ]);
      expect((await production('documented')).connection.host).toBe('secret-host-document');
    });

    it('keeps environments apart, and needs one where there are several', async () => {
      const staging = await inventory.resolve({ target: 'orders', environment: 'staging' });
      expect([staging.environment, staging.connection.host]).toEqual(['staging', 'secret-host-staging']);
      expect(staging.schemaOverrides).toBeUndefined();
      for (const environment of ['test', 'Production', 'production ', undefined])
        expect(
          await refusal(inventory.resolve({ target: 'orders', ...(environment === undefined ? {} : { environment }) })),
        ).toMatchObject({ code: 'target_unknown' });
    });

    it.each(['nobody', '', 'Orders', 'orders ', 'órders', '..', '.', 'orders/..', 'orders?x=1', "' OR 1=1 -- ", '%'])(
      'knows no target %j (R5: unknown is an answer of its own)',
      async (target) => {
        expect(await refusal(production(target))).toMatchObject({ code: 'target_unknown' });
      },
    );

    it('refuses a target of another type', async () => {
      expect(await refusal(production('other type/of base'))).toMatchObject({ code: 'target_type_mismatch' });
    });

    const openWrong = async (target: string): Promise<unknown> => {
      const entries = { [target]: WRONG[target] ?? [] };
      return (await setUp({ folder: await mkdtemp(path.join(folder, 'wrong-')), env, log, entries })).open();
    };

    it.each([
      ['plain', 'config_invalid', 'plain password'],
      ['named', 'config_invalid', 'no database'],
      ['absent', 'secret_missing', 'NOT_SET'],
      ['unknown_form', 'config_invalid', 'expected a'],
    ])('upholds the rules of entries: %s is %s (R2, R3)', async (target, code, text) => {
      const asked = looksAhead && Object.hasOwn(WRONG, target) ? openWrong(target) : production(target);
      expect(await refusal(asked)).toMatchObject({
        code,
        message: expect.stringContaining(text) as string,
      });
    });

    it('takes a database in a DSN for a label where the entry says so, and connects to none (R3)', async () => {
      expect(Object.keys((await production('labelled')).connection).sort()).toEqual([
        ...['host', 'password', 'port', 'tls', 'user'],
      ]);
    });

    it('answers with copies: what is done to an answer changes no other', async () => {
      const first = await inventory.resolve({ target: 'orders', environment: 'staging' });
      Object.assign(first.labels, { tier: 'lead', more: 'x' });
      Object.assign(first.metadata, { owner: 'nobody' });
      const overridden = await production('orders');
      Object.assign(overridden.schemaOverrides ?? {}, { shop: 'elsewhere' });
      const listed = await inventory.list();
      for (const each of listed) Object.assign(each.labels, { tier: 'lead' });
      for (const environment of ['staging', 'production']) {
        const explained = await inventory.explain({ target: 'orders', environment });
        Object.assign(explained.labels, { tier: 'lead' });
        Object.assign(explained.metadata, { owner: 'nobody' });
        Object.assign(explained.schemaOverrides ?? {}, { shop: 'elsewhere' });
      }
      const second = await inventory.resolve({ target: 'orders', environment: 'staging' });
      expect([second.labels, second.metadata]).toEqual([{ tier: 'gold' }, { owner: 'team-orders' }]);
      expect((await production('orders')).schemaOverrides).toMatchObject({ shop: 'shop_prod' });
      expect((await inventory.list()).find((each) => each.environment === 'staging')?.labels).toEqual({
        tier: 'gold',
      });
    });

    it('explains a target by nothing of which a guess at a secret could be tried (R2)', async () => {
      const explain = async (): Promise<object> => inventory.explain({ target: 'orders', environment: 'production' });
      const first = await explain();
      const { connectionHash } = await production('orders');
      env.PRODUCTION = 'mysql://another:rotated@elsewhere/';
      env.REPLICA = 'mysql://another:rotated@elsewhere/';
      expect(await explain()).toEqual(first);
      expect(JSON.stringify(first)).not.toMatch(new RegExp([...SECRETS, connectionHash.slice(0, 6)].join('|')));
      expect(first).toMatchObject({ target: 'orders', server: { tls: 'preferred' }, replicas: [{ tls: 'preferred' }] });
    });

    it('a rotated secret, of the server, of a replica or of the workspace, changes the connection hash, and nothing else does (K2)', async () => {
      const hash = async (): Promise<string> => (await production('orders')).connectionHash;
      const first = await hash();
      expect(await hash()).toBe(first);
      env.PRODUCTION = 'mysql://secret-user:rotated@secret-host-production/';
      const second = await hash();
      expect(second).not.toBe(first);
      env.REPLICA = 'mysql://secret-user:rotated@secret-host-replica/';
      const third = await hash();
      expect(third).not.toBe(second);
      env.WORKSPACE = 'mysql://secret-user:rotated@secret-host-workspace/';
      expect(await hash()).not.toBe(third);
      env.STAGING = 'mysql://another:rotated@another/';
      setEnvironment();
      expect(await hash()).toBe(first);
    });

    it('lists all targets by environment and key, and tells no connection of them (R2)', async () => {
      const listed = await inventory.list();
      expect(listed.map(({ target, environment }) => `${environment} ${target}`)).toEqual([
        ...Object.keys(looksAhead ? ENTRIES : { ...ENTRIES, ...WRONG })
          .map((target) => `production ${target}`)
          .sort((a, b) => a.localeCompare(b)),
        'staging orders',
      ]);
      expect(listed.at(-1)).toEqual({
        target: 'orders',
        environment: 'staging',
        type: 'mysql',
        labels: { tier: 'gold' },
      });
      expect(listed.find(({ target }) => target.startsWith('other'))?.type).toBe('postgres');
    });

    it('heeds an abort signal', async () => {
      const signal = AbortSignal.abort(new Error('no more'));
      await expect(inventory.resolve({ target: 'orders', environment: 'staging' }, signal)).rejects.toThrow('no more');
      await expect(inventory.list(signal)).rejects.toThrow('no more');
    });

    it('a target is unavailable when the backend cannot answer, never unknown, and never out of the list (R5)', async () => {
      await backend.breakDown();
      expect(await refusal(production('documented'))).toMatchObject({ code: 'inventory_unavailable' });
      const listed: unknown = await inventory.list().then(
        (all) => all.some(({ target }) => target === 'documented'),
        (error: unknown) => (error as { code?: string }).code,
      );
      expect([true, 'inventory_unavailable']).toContain(listed);
    });
  });
}

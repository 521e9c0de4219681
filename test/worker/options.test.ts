import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveWorkerOptions } from '../../src/worker/options.js';

describe('options of a worker', () => {
  let folder: string;
  let config: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sterna-options-'));
    config = path.join(folder, 'worker.yaml');
    writeFileSync(path.join(folder, 'inventory.yaml'), 'targets: { a: { environment: test, dsn: "env:A" } }\n');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** What the worker says when it cannot start. */
  async function refusal(...given: Parameters<typeof resolveWorkerOptions>): Promise<string> {
    const error: unknown = await resolveWorkerOptions(...given).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'config_invalid' });
    return (error as Error).message;
  }

  it('name every mistake of every source at once, with the path of its field', async () => {
    writeFileSync(config, 'copySlots: 0\nlogLevel: loud\ncopyslots: 2\nqueues: [copies]\n');
    const message = await refusal({ healthPort: 70_000 }, config, {
      STERNA_COPY_SLOTS: 'many',
      STERNA_QUEUES: 'main, cpy',
      STERNA_INVENTORY: path.join(folder, 'other.yaml'),
    });
    for (const mistake of [
      /worker\.yaml: .*copySlots/,
      /logLevel/,
      /copyslots/,
      /queues\.0: .*"main"\|"control"\|"copy"/,
      /environment: .*queues\.1/,
      /environment: .*copySlots/,
      /options: healthPort/,
      /inventory: expected a file at .*other\.yaml/,
    ])
      expect(message).toMatch(mistake);
  });

  it('name the mistakes in the inventory with all the others', async () => {
    writeFileSync(config, 'dataPlane: 5\ninventory: inventory.yaml\n');
    writeFileSync(path.join(folder, 'inventory.yaml'), 'targets:\n  a: { environment: test, dns: "env:A" }\n  b: 1\n');
    const message = await refusal({}, config, {});
    for (const mistake of [/worker\.yaml: dataPlane/, /inventory\.yaml: .*targets\.a.*dns/, /targets\.b/])
      expect(message).toMatch(mistake);
    writeFileSync(config, 'dataPlane: [');
    expect(await refusal({}, config, { STERNA_INVENTORY: path.join(folder, 'inventory.yaml') })).toMatch(
      /worker\.yaml: expected YAML.*targets\.a/s,
    );
  });

  it('keep the code of an inventory that cannot be had now', async () => {
    const given = resolveWorkerOptions({ inventory: folder }, undefined, {});
    await expect(given).rejects.toMatchObject({ code: 'inventory_unavailable' });
    expect(await refusal({ inventory: folder, copySlots: 0 }, undefined, {})).toMatch(/copySlots.*EISDIR/s);
  });

  it('come from the caller before the environment, before the file, before the default', async () => {
    writeFileSync(
      config,
      'inventory: inventory.yaml\ndataPlane: file\ncopySlots: 2\nhealthPort: 1000\nqueues: [main]\n',
    );
    const env = {
      STERNA_COPY_SLOTS: '3',
      STERNA_HEALTH_PORT: '1001',
      STERNA_LOG_LEVEL: '',
      STERNA_QUEUES: 'copy, control',
    };
    expect(await resolveWorkerOptions({ healthPort: 0 }, config, env)).toEqual({
      dataPlane: 'file',
      queues: ['control', 'copy'],
      inventory: path.join(folder, 'inventory.yaml'),
      copySlots: 3,
      maxClients: 200,
      healthHost: '127.0.0.1',
      healthPort: 0,
      logLevel: 'info',
    });
  });

  it('take a relative inventory from where it was written: the file or the working directory', async () => {
    writeFileSync(config, 'inventory: inventory.yaml\n');
    expect((await resolveWorkerOptions({}, config, {})).inventory).toBe(path.join(folder, 'inventory.yaml'));
    const env = { STERNA_INVENTORY: 'config/inventory.yaml' };
    expect((await resolveWorkerOptions({}, config, env)).inventory).toBe(path.resolve('config/inventory.yaml'));
  });

  it('take a resolver of the caller in place of an inventory file', async () => {
    const inventory = { resolve: () => Promise.reject(new Error('not asked')) };
    const options = await resolveWorkerOptions({ inventory }, undefined, { STERNA_INVENTORY: 'none.yaml' });
    expect(options.inventory).toBe(inventory);
  });

  it('are frozen, so that nothing changes them behind a running worker', async () => {
    writeFileSync(config, 'inventory: inventory.yaml\n');
    const options = await resolveWorkerOptions({}, config, {});
    expect(Object.isFrozen(options)).toBe(true);
    expect(Reflect.set(options, 'copySlots', 99)).toBe(false);
  });

  it('say which file is missing, unreadable as YAML or not set', async () => {
    expect(await refusal({}, path.join(folder, 'none.yaml'), {})).toMatch(/none\.yaml: ENOENT\.$/);
    writeFileSync(config, 'a: [');
    expect(await refusal({}, config, {})).toMatch(/worker\.yaml: expected YAML/);
    expect(await refusal({}, undefined, {})).toMatch(/STERNA_INVENTORY/);
  });

  it('take a webhook from one place, so that a secret of the file goes to no other address', async () => {
    const file =
      'inventory: inventory.yaml\nwebhook: { url: "https://h/x", authorization: "env:A", progressSeconds: 9 }\n';
    writeFileSync(config, file);
    const webhook = async (env: NodeJS.ProcessEnv): Promise<unknown> =>
      (await resolveWorkerOptions({}, config, env)).webhook;
    expect(await webhook({})).toEqual({ url: 'https://h/x', authorization: 'env:A', progressSeconds: 9 });
    expect(await webhook({ STERNA_WEBHOOK_URL: 'http://other/' })).toEqual({ url: 'http://other/' });
    expect(await webhook({ STERNA_WEBHOOK_URL: 'https://other/', STERNA_WEBHOOK_AUTHORIZATION: 'file:/s' })).toEqual({
      url: 'https://other/',
      authorization: 'file:/s',
    });
    expect(await refusal({}, config, { STERNA_WEBHOOK_AUTHORIZATION: 'env:A' })).toMatch(/environment: webhook\.url/);
  });

  it('name an unknown scheme of a secret with all other mistakes, once the inventory has registered its own (R2)', async () => {
    writeFileSync(
      path.join(folder, 'inventory.mjs'),
      `export default ({ registerSecretScheme }) => {
         registerSecretScheme('optionsvault', () => Promise.resolve('x'));
         return { resolve: () => Promise.reject(new Error('not asked')) };
       };`,
    );
    writeFileSync(path.join(folder, 'inventory.yaml'), 'module: inventory.mjs\n');
    const write = (authorization: string, more = ''): void =>
      writeFileSync(
        config,
        `inventory: inventory.yaml\nwebhook: { url: "https://h/", authorization: "${authorization}" ${more}}\n`,
      );
    write('optionsvault:a');
    expect((await resolveWorkerOptions({}, config, {})).webhook?.authorization).toBe('optionsvault:a');
    write('vualt:hunter2', ', progressSeconds: 0');
    const message = await refusal({ copySlots: 0 }, config, {});
    for (const mistake of [
      /copySlots/,
      /progressSeconds/,
      /worker\.yaml: webhook\.authorization: expected a secret reference/,
    ])
      expect(message).toMatch(mistake);
    expect(message).not.toContain('hunter2');
    write('env:A');
    const ofEnv = { STERNA_WEBHOOK_URL: 'https://h/', STERNA_WEBHOOK_AUTHORIZATION: 'vualt:hunter2' };
    expect(await refusal({}, config, ofEnv)).toMatch(
      /environment: webhook\.authorization: expected a secret reference/,
    );
  });

  it.each([
    ['url: ftp://h/', /webhook\.url: expected http/],
    ['url: "https://u:hunter2@h/"', /webhook\.url: expected no user/],
    ['url: "http://h/", authorization: "env:A"', /webhook\.url: expected https/],
    ['url: "https://h/", authorization: "Bearer hunter2"', /webhook\.authorization: expected a secret reference/],
    ['url: "https://h/", secret: hunter2', /webhook: .*secret/],
  ])('refuse a webhook with %s, and quote nothing of it (R2)', async (webhook, mistake) => {
    writeFileSync(config, `inventory: inventory.yaml\nwebhook: { ${webhook} }\n`);
    const message = await refusal({}, config, {});
    expect(message).toMatch(mistake);
    expect(message).not.toContain('hunter2');
  });

  it('load from the example in config/', async () => {
    expect(await resolveWorkerOptions({}, 'config/worker.yaml', {})).toMatchObject({
      dataPlane: 'sterna',
      queues: ['main', 'control', 'copy'],
      copySlots: 8,
      maxClients: 200,
    });
  });
});

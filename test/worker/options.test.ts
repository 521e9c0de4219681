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
    writeFileSync(path.join(folder, 'inventory.yaml'), '');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('name every mistake of every source at once, with the path of its field', () => {
    writeFileSync(config, 'copySlots: 0\nlogLevel: loud\ncopyslots: 2\n');
    const resolve = () =>
      resolveWorkerOptions({ healthPort: 70_000 }, config, {
        STERNA_COPY_SLOTS: 'many',
        STERNA_INVENTORY: path.join(folder, 'other.yaml'),
      });
    expect(resolve).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    for (const mistake of [
      /worker\.yaml: .*copySlots/,
      /logLevel/,
      /copyslots/,
      /environment: copySlots/,
      /options: healthPort/,
      /inventory: expected a file/,
    ])
      expect(resolve).toThrow(mistake);
  });

  it('come from the caller before the environment, before the file, before the default', () => {
    writeFileSync(config, 'inventory: inventory.yaml\ndataPlane: file\ncopySlots: 2\nhealthPort: 1000\n');
    const env = { STERNA_COPY_SLOTS: '3', STERNA_HEALTH_PORT: '1001', STERNA_LOG_LEVEL: '' };
    expect(resolveWorkerOptions({ healthPort: 0 }, config, env)).toEqual({
      dataPlane: 'file',
      inventory: path.join(folder, 'inventory.yaml'),
      copySlots: 3,
      healthHost: '127.0.0.1',
      healthPort: 0,
      logLevel: 'info',
    });
  });

  it('take a relative inventory from where it was written: the file or the working directory', () => {
    writeFileSync(config, 'inventory: inventory.yaml\n');
    expect(resolveWorkerOptions({}, config, {}).inventory).toBe(path.join(folder, 'inventory.yaml'));
    const env = { STERNA_INVENTORY: 'config/inventory.yaml' };
    expect(resolveWorkerOptions({}, config, env).inventory).toBe(path.resolve('config/inventory.yaml'));
  });

  it('are frozen, so that nothing changes them behind a running worker', () => {
    writeFileSync(config, 'inventory: inventory.yaml\n');
    const options = resolveWorkerOptions({}, config, {});
    expect(Object.isFrozen(options)).toBe(true);
    expect(Reflect.set(options, 'copySlots', 99)).toBe(false);
  });

  it('say which file is missing, unreadable as YAML or not set', () => {
    expect(() => resolveWorkerOptions({}, path.join(folder, 'none.yaml'), {})).toThrow(/none\.yaml: ENOENT/);
    writeFileSync(config, 'a: [');
    expect(() => resolveWorkerOptions({}, config, {})).toThrow(/worker\.yaml: expected YAML/);
    expect(() => resolveWorkerOptions({}, undefined, {})).toThrow(/STERNA_INVENTORY/);
  });

  it('load from the example in config/', () => {
    expect(resolveWorkerOptions({}, 'config/worker.yaml', {})).toMatchObject({ dataPlane: 'sterna', copySlots: 8 });
  });
});

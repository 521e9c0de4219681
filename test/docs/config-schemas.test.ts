import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { inventoryShape } from '../../src/inventory/inventory-file.js';
import { workerFileShape } from '../../src/worker/options.js';
import { ROOT } from '../../tools/dev/paths.js';

const CONFIG = path.join(ROOT, 'config');
const SHAPES = {
  inventory: { title: 'Inventory of Sterna', shape: inventoryShape },
  worker: { title: 'Configuration of a worker of Sterna', shape: workerFileShape },
};
type Name = keyof typeof SHAPES;
const NAMES = Object.keys(SHAPES) as Name[];

/** To be written anew: `./dev test test/docs/config-schemas.test.ts --update`. */
async function schemaOf(name: Name): Promise<string> {
  const { title, shape } = SHAPES[name];
  // As a person writes it: what has a default may be left out. Draft 7 is what editors read.
  const schema = z.toJSONSchema(shape, { io: 'input', target: 'draft-7' });
  const file = path.join(CONFIG, `${name}.schema.json`);
  return format(JSON.stringify({ title, ...schema }), { ...(await resolveConfig(file)), filepath: file });
}

const read = (file: string): string => readFileSync(path.join(CONFIG, file), 'utf8');
const validator = (name: Name) => new Ajv().compile(JSON.parse(read(`${name}.schema.json`)) as object);

describe.each(NAMES)('config/%s.schema.json', (name) => {
  it('is what the code takes', async () => {
    await expect(await schemaOf(name)).toMatchFileSnapshot(path.join(CONFIG, `${name}.schema.json`));
  });

  it('is named in the example, which it accepts', () => {
    const example = read(`${name}.yaml`);
    expect(example.split('\n')[0]).toBe(`# yaml-language-server: $schema=${name}.schema.json`);
    const validate = validator(name);
    expect(validate(parse(example)), JSON.stringify(validate.errors)).toBe(true);
  });
});

it('there is one for every example', () => {
  expect(readdirSync(CONFIG).sort()).toEqual(NAMES.flatMap((name) => [`${name}.schema.json`, `${name}.yaml`]).sort());
});

const entry = { environment: 'x', dsn: 'env:A' };
const sql = 'SELECT * FROM f.t WHERE target = :target';
it.each<[Name, object]>([
  ['inventory', { targets: { a: [entry, { ...entry, environment: 'y', replicas: [{ dsn: 'env:B' }] }] } }],
  ['inventory', { mysql: { dsn: 'env:A', resolve: sql }, development: true }],
  ['inventory', { http: { url: 'https://h/', auth: { value: 'env:T' } } }],
  ['inventory', { by_type: { mysql: 'a.yaml', other: { module: 'a.js' } } }],
  ['worker', { copySlots: 1 }],
  ['worker', { webhook: { url: 'https://h/', authorization: 'env:A' } }],
])('%s: %j is accepted, by both', (name, content) => {
  expect(validator(name)(content)).toBe(true);
  expect(SHAPES[name].shape.safeParse(content).success).toBe(true);
});

it.each<[Name, object]>([
  ['inventory', {}],
  ['inventory', { targets: { a: entry }, module: 'a.js' }],
  ['inventory', { targets: { a: { ...entry, lables: {} } } }],
  ['inventory', { targets: { a: { environment: 'x' } } }],
  ['inventory', { targets: { a: { ...entry, address: { host: 'h', user: 'u', password: 'env:P' } } } }],
  ['inventory', { targets: { a: { ...entry, replicas: [{}] } } }],
  ['inventory', { targets: { a: { ...entry, throttle: { threads_running: 0 } } } }],
  ['inventory', { by_type: { mysql: { by_type: {} } } }],
  ['worker', { copySlots: 0 }],
  ['worker', { copyslots: 1 }],
  ['worker', { webhook: {} }],
  ['worker', { webhook: { url: 'https://h/', authorization: 'Bearer literal' } }],
])('%s: %j is refused, by both', (name, content) => {
  expect(validator(name)(content)).toBe(false);
  expect(SHAPES[name].shape.safeParse(content).success).toBe(false);
});

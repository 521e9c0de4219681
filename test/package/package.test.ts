import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.js';
import { TestNamespace } from '../support/namespace.js';
import { BUSY_MACHINE } from '../support/online-change.js';
import { DEPENDENCIES, manifest, PackedPackage } from '../support/packed-package.js';

const run = promisify(execFile);
const NAMES = Object.keys(manifest.exports).map((part) => part.replace(/^\./, 'sterna'));
const PARTS = NAMES.filter((name) => !name.endsWith('.json'));
const SCHEMAS = NAMES.filter((name) => name.endsWith('.json'));
/** What a process without Temporal uses. */
const WITHOUT_TEMPORAL = ['contract', 'router', 'inventory', 'planner', 'engine'].map((part) => `sterna/${part}`);

let packed: PackedPackage;
let project: string;
beforeAll(async () => {
  packed = await PackedPackage.create();
  project = await packed.project(DEPENDENCIES);
});
afterAll(() => packed[Symbol.asyncDispose]());

/** What becomes of the import of each. */
async function imported(parts: readonly string[], place: string): Promise<string[]> {
  const lines = parts.map(
    (part) =>
      `await import('${part}').then((m) => console.log('${part}', Object.keys(m).length > 0), (e) => console.log('${part}', e.code, e.message));`,
  );
  await writeFile(path.join(place, 'parts.mjs'), lines.join('\n'));
  return (await run(process.execPath, ['parts.mjs'], { cwd: place })).stdout.trim().split('\n');
}

it('holds what is needed to run, and neither sources nor tests', async () => {
  const sterna = path.join(project, 'node_modules/sterna');
  expect((await readdir(sterna)).sort()).toEqual(['LICENSE', 'README.md', 'config', 'dist', 'docs', 'package.json']);
  expect(await readdir(path.join(sterna, 'dist'))).toEqual(
    expect.arrayContaining(['cli.js', 'workflow-bundle.js', 'index.js', 'index.d.ts']),
  );
  const all = await readdir(sterna, { recursive: true });
  expect(all.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
});

it('gives each of its parts from what it depends on, and keeps the rest private', async () => {
  const found = await imported([...PARTS, 'sterna/mysql'], project);
  expect(found.slice(0, -1)).toEqual(PARTS.map((part) => `${part} true`));
  expect(found.at(-1)).toContain('sterna/mysql ERR_PACKAGE_PATH_NOT_EXPORTED');
});

it('gives the schemas of its configuration files', async () => {
  const require = createRequire(path.join(project, 'any.js'));
  expect(SCHEMAS).toHaveLength(2);
  for (const name of SCHEMAS) {
    const schema: unknown = JSON.parse(await readFile(require.resolve(name), 'utf8'));
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  }
});

it('loads nothing of Temporal for what works without it', async () => {
  const place = await packed.project(DEPENDENCIES.filter((name) => !name.startsWith('@temporalio/')));
  const found = await imported([...WITHOUT_TEMPORAL, 'sterna/client'], place);
  expect(found.slice(0, -1)).toEqual(WITHOUT_TEMPORAL.map((part) => `${part} true`));
  expect(found.at(-1), 'there is no Temporal').toContain('ERR_MODULE_NOT_FOUND');
});

describe('has types that a strict project compiles against', () => {
  const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const USE = `import type { SchemaChangeInput } from 'sterna/contract';
import type { InventoryResolver } from 'sterna/inventory';
export const input: SchemaChangeInput = { target: 't', environment: 'e', statements: { shop: ['ALTER TABLE a ADD b INT'] } };
// @ts-expect-error -- no such option
export const wrong: SchemaChangeInput = { target: 't', environment: 'e', options: { volum: 3 } };
// @ts-expect-error -- a resolver resolves
export const resolver: InventoryResolver = {};`;

  it.each([
    ['node16', 'node16'],
    ['bundler', 'esnext'],
  ])('moduleResolution %s', async (resolution, module) => {
    const names = PARTS.map(
      (part, i) => `import * as part${i} from '${part}';\nexport type Part${i} = typeof part${i};`,
    );
    await writeFile(path.join(project, `${resolution}.ts`), [...names, USE].join('\n'));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--types', 'node', '--target', 'es2022'];
    const { stdout } = await run(
      process.execPath,
      [TSC, ...options, '--module', module, '--moduleResolution', resolution, '--ignoreConfig', `${resolution}.ts`],
      { cwd: project },
    ).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toBe('');
  });
});

it('has a command that answers, linked as npm links it', async () => {
  const command = path.join(project, 'node_modules/sterna', manifest.bin.sterna);
  await chmod(command, 0o755);
  await mkdir(path.join(project, 'node_modules/.bin'));
  await symlink(command, path.join(project, 'node_modules/.bin/sterna'));
  const { stdout } = await run('node_modules/.bin/sterna', ['--help'], { cwd: project });
  expect(stdout).toContain('Durable MySQL schema changes');
});

it('plans and copies with planner and engine alone, as the documentation says', async () => {
  await using space = await TestNamespace.create('package');
  await space.query('CREATE TABLE orders (id INT PRIMARY KEY)');
  await space.query('INSERT INTO orders VALUES (1), (2)');
  const text = await readFile(path.join(ROOT, 'docs/embedding.md'), 'utf8');
  const code = /## Planner and engine[^]*?```js\n([^]*?)```/
    .exec(text)?.[1]
    ?.replaceAll("'shop'", JSON.stringify(space.name));
  const { host, port, user, password } = space.server;
  const given = { host, port, user, secret: password };
  const place = await packed.project(DEPENDENCIES.filter((name) => !name.startsWith('@temporalio/')));
  const lines = [
    `const { host, port, user, secret } = ${JSON.stringify(given)};`,
    'const log = { debug() {}, info() {}, warn: console.error, error: console.error };',
    code
      ?.replaceAll('shop:', `${space.name}:`)
      .replaceAll("mode: 'required'", "mode: 'disabled'")
      // Other tests load the server as well.
      .replaceAll(
        '(server, physical)',
        `(server, physical, ${JSON.stringify({ replicas: [], limits: BUSY_MACHINE })})`,
      ),
  ];
  await writeFile(path.join(place, 'alone.mjs'), lines.join('\n'));
  const { stderr } = await run(process.execPath, ['alone.mjs'], { cwd: place });
  expect(stderr).toBe('');
  expect(await space.query('SELECT * FROM orders')).toEqual([{ id: '1' }, { id: '2' }]);
  expect(JSON.stringify(await space.query('SHOW CREATE TABLE orders'))).toContain('`id` bigint NOT NULL');
  expect(await space.query('SHOW TABLES')).toHaveLength(1);
});

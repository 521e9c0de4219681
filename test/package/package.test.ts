import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEV, ROOT } from '../../tools/dev/paths.js';

const run = promisify(execFile);
const { exports } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { exports: object };
const NAMES = Object.keys(exports).map((part) => part.replace(/^\./, 'sterna'));
const PARTS = NAMES.filter((name) => !name.endsWith('.json'));
const SCHEMAS = NAMES.filter((name) => name.endsWith('.json'));

/** The package as npm would publish it, where a project would have it. */
let project: string;
let sterna: string;
beforeAll(async () => {
  await mkdir(path.join(DEV, 'test'), { recursive: true });
  project = await mkdtemp(path.join(DEV, 'test', 'package-'));
  sterna = path.join(project, 'node_modules/sterna');
  await mkdir(sterna, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: ROOT,
  });
  const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[];
  await run('tar', ['-xzf', path.join(project, filename), '--strip-components=1', '-C', sterna]);
});
afterAll(() => rm(project, { recursive: true }));

it('holds what is needed to run, and neither sources nor tests', async () => {
  expect((await readdir(sterna)).sort()).toEqual(['LICENSE', 'README.md', 'config', 'dist', 'docs', 'package.json']);
  expect(await readdir(path.join(sterna, 'dist'))).toEqual(
    expect.arrayContaining(['cli.js', 'workflow-bundle.js', 'index.js', 'index.d.ts']),
  );
  const all = await readdir(sterna, { recursive: true });
  expect(all.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
});

it('gives each of its parts, and keeps the rest private', async () => {
  const script = [...PARTS, 'sterna/mysql'].map(
    (part) =>
      `await import('${part}').then((m) => console.log('${part}', Object.keys(m).length > 0), (e) => console.log('${part}', e.code));`,
  );
  await writeFile(path.join(project, 'parts.mjs'), script.join('\n'));
  const { stdout } = await run(process.execPath, ['parts.mjs'], { cwd: project });
  expect(stdout.trim().split('\n')).toEqual([
    ...PARTS.map((part) => `${part} true`),
    'sterna/mysql ERR_PACKAGE_PATH_NOT_EXPORTED',
  ]);
});

it('gives the schemas of its configuration files', async () => {
  const require = createRequire(path.join(project, 'any.js'));
  expect(SCHEMAS).toHaveLength(2);
  for (const name of SCHEMAS) {
    const schema: unknown = JSON.parse(await readFile(require.resolve(name), 'utf8'));
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  }
});

it('has types that a strict project compiles against', async () => {
  const names = PARTS.map((part, i) => `import * as part${i} from '${part}';\nexport type Part${i} = typeof part${i};`);
  const use = `import type { SchemaChangeInput } from 'sterna/contract';
export const input: SchemaChangeInput = { target: 't', environment: 'e', statements: { shop: ['ALTER TABLE a ADD b INT'] } };
// @ts-expect-error -- no such option
export const wrong: SchemaChangeInput = { target: 't', environment: 'e', options: { volum: 3 } };`;
  await writeFile(path.join(project, 'parts.ts'), [...names, use].join('\n'));
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--ignoreConfig',
  ];
  const { stdout } = await run(process.execPath, [tsc, ...options, 'parts.ts'], { cwd: project }).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(stdout).toBe('');
});

it('has a command that answers', async () => {
  const { stdout } = await run(process.execPath, [path.join(sterna, 'dist/cli.js'), '--help'], { cwd: project });
  expect(stdout).toContain('Durable MySQL schema changes');
});

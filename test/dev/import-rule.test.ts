import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, it } from 'vitest';
import { importRule } from '../../tools/dev/import-rule.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const eslint = new ESLint({
  cwd: ROOT,
  overrideConfigFile: true,
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } }, importRule as never],
});

async function refusals(file: string, source: string): Promise<string[]> {
  const [result] = await eslint.lintText(source, { filePath: path.join(ROOT, file) });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId ?? 'parser'}: ${message}`);
}

it.each([
  ['to the left', 'src/engine/x.ts', `import type { TargetClient } from '../target/target-client.js';`],
  ['to the left by export', 'src/mysql/x.ts', `export * from '../engine/index.js';`],
  ['from planner to engine', 'src/planner/x.ts', `import '../engine/index.js';`],
  ['from the contract to anything of ours', 'src/contract/x.ts', `import '../mysql/index.js';`],
  ['from the contract to a package', 'src/contract/x.ts', `import { z } from 'zod';`],
  ['from the contract to Node', 'src/contract/x.ts', `import { readFile } from 'node:fs';`],
  ['from workflows to Node', 'src/workflows/x.ts', `import { readFile } from 'node:fs';`],
  ['from workflows to activities', 'src/workflows/x.ts', `import type { A } from '../activities/index.js';`],
  ['from workflows to the Temporal client', 'src/workflows/x.ts', `import { Client } from '@temporalio/client';`],
  ['from the CLI to the driver', 'src/cli/x.ts', `import mysql from 'mysql2/promise';`],
  ['from the engine to the binlog reader', 'src/engine/x.ts', `import ZongJi from '@vlasky/zongji';`],
  ...['local', 'router', 'inventory', 'target', 'planner', 'engine', 'mysql'].map((module) => [
    `from ${module} to Temporal`,
    `src/${module}/x.ts`,
    `import { log } from '@temporalio/activity';`,
  ]),
])('an import %s is refused', async (_what, file = '', source = '') => {
  expect(await refusals(file, source)).toEqual([expect.stringMatching(/^boundaries\/dependencies: /)]);
});

it('a file of no module is refused, because no rule would hold for it', async () => {
  expect(await refusals('src/helpers/x.ts', '')).toEqual([expect.stringMatching(/^boundaries\/no-unknown-files: /)]);
});

it.each([
  ['src/cli/x.ts', `import '../client/index.js';`],
  ['src/activities/x.ts', `import { Context } from '@temporalio/activity'; import '../router/index.js';`],
  ['src/workflows/x.ts', `import { sleep } from '@temporalio/workflow'; import '../contract/index.js';`],
  ['src/mysql/x.ts', `import mysql from 'mysql2/promise'; import '../contract/index.js'; import './session.js';`],
  ['src/engine/x.ts', `import { createHash } from 'node:crypto'; import '../mysql/index.js';`],
])('an import to the right is allowed: %s', async (file, source) => {
  expect(await refusals(file, source)).toEqual([]);
});

import { rmSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { build } from 'esbuild';
import ts from 'typescript';
import { pruneDescriptors } from './prune-descriptors.mjs';

/** Builds `dist/`: the library with its types, the workflow bundle, and the CLI as one file that starts fast. */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.join(root, 'dist');
// Made beside its place and moved there whole: a process that starts meanwhile finds the old one or the new one.
const dist = path.join(root, `dist.${process.pid}`);
process.on('exit', () => rmSync(dist, { recursive: true, force: true }));

const config = ts.getParsedCommandLineOfConfigFile(
  path.join(root, 'tsconfig.build.json'),
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail([diagnostic]) },
);
if (config === undefined) throw new Error('Expected tsconfig.build.json to be readable.');
const program = ts.createProgram(config.fileNames, { ...config.options, outDir: dist });
const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
if (diagnostics.length > 0) fail(diagnostics);

const silent = () => undefined;
const { code } = await bundleWorkflowCode({
  workflowsPath: path.join(dist, 'workflows/index.js'),
  workflowInterceptorModules: [path.join(dist, 'workflows/replay-guard.js')],
  logger: { log: silent, trace: silent, debug: silent, info: silent, warn: console.warn, error: console.error },
});
await writeFile(path.join(dist, 'workflow-bundle.js'), code);

await build({
  entryPoints: { cli: path.join(dist, 'cli/main.js') },
  outdir: dist,
  bundle: true,
  splitting: true,
  chunkNames: 'cli-chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [pruneDescriptors],
  // What only the worker needs is loaded from its packages; so is everything native.
  external: [
    '@temporalio/worker',
    '@temporalio/activity',
    '@temporalio/core-bridge',
    // Optional: whoever has secrets there installs it.
    '@aws-sdk/client-secrets-manager',
    'mysql2',
    '@vlasky/zongji',
    'pino',
    'prom-client',
  ],
  // Bundled CommonJS asks for Node's own modules by require.
  banner: {
    js: "import { createRequire as sternaCreateRequire } from 'node:module';\nconst require = sternaCreateRequire(import.meta.url);",
  },
});

await rm(target, { recursive: true, force: true });
await rename(dist, target);

/** @param {readonly ts.Diagnostic[]} found */
function fail(found) {
  const host = {
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  };
  console.error(ts.formatDiagnostics(found, host));
  process.exit(1);
}

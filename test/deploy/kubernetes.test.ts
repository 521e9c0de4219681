import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type IDeployment, Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { type IPodDisruptionBudget, PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap, type IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { type ISecret, Secret } from 'kubernetes-models/v1/Secret';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { QUEUES, resolveWorkerOptions, WORKER_ENV } from '../../src/worker/options.js';
import { ROOT } from '../../tools/dev/paths.js';
import { containerLinter } from '../../tools/dev/python.js';
import { capture } from '../../tools/dev/run.js';

const LINTER = await containerLinter();

const run = promisify(execFile);
const folder = mkdtempSync(path.join(ROOT, '.dev', 'kubernetes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DOCUMENTS = parseAllDocuments(readFileSync(path.join(ROOT, 'deploy/kubernetes.yaml'), 'utf8'), {
  uniqueKeys: true,
}).map((document) => {
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as { apiVersion: string; kind: string; metadata: { name: string } };
});
const all = <T>(kind: string): T[] => DOCUMENTS.filter((document) => document.kind === kind) as T[];
const DEPLOYMENTS = all<IDeployment>('Deployment');
const [CONFIG] = all<IConfigMap>('ConfigMap');
const [SECRET] = all<ISecret>('Secret');

const containerOf = (deployment: IDeployment) => {
  const [container, ...others] = deployment.spec?.template.spec?.containers ?? [];
  expect(others).toEqual([]);
  if (container === undefined) throw new Error('Expected a container, found none.');
  return container;
};
const envOf = (deployment: IDeployment): Record<string, string> =>
  Object.fromEntries((containerOf(deployment).env ?? []).map(({ name, value = '' }) => [name, value]));

describe('deploy/kubernetes.yaml', () => {
  it('holds objects that are valid, two deployments, and a budget for each', () => {
    const classes: Record<string, new (data: never) => { validate(): void }> = {
      ...{ ConfigMap, Secret, Deployment, PodDisruptionBudget },
    };
    for (const document of DOCUMENTS) {
      const Kind = classes[document.kind];
      if (Kind === undefined) throw new Error(`Expected a kind that is checked, got ${document.kind}.`);
      new Kind(document as never).validate();
    }
    const budgets = all<IPodDisruptionBudget>('PodDisruptionBudget');
    expect(budgets.map(({ spec }) => spec?.selector)).toEqual(DEPLOYMENTS.map(({ spec }) => spec?.selector));
  });

  it('holds no field that Kubernetes does not know', async () => {
    const types: Record<string, string> = { ConfigMap: 'v1', Secret: 'v1' };
    const lines = DOCUMENTS.map((document, i) => {
      const at = types[document.kind] ?? document.apiVersion;
      return `import type { I${document.kind} as K${i} } from 'kubernetes-models/${at}/${document.kind}';\nexport const o${i}: K${i} = ${JSON.stringify(document)};`;
    });
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(folder, 'objects.ts'), lines.join('\n'));
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--ignoreConfig'];
    const { stdout } = await run(process.execPath, [tsc, ...options, 'objects.ts'], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toBe('');
  });

  it('has workers that serve all queues together, with options that a worker takes', async () => {
    const place = mkdtempSync(path.join(tmpdir(), 'sterna-deploy-'));
    try {
      for (const [name, text] of Object.entries(CONFIG?.data ?? {})) writeFileSync(path.join(place, name), text);
      const served: string[] = [];
      for (const deployment of DEPLOYMENTS) {
        const env = envOf(deployment);
        const known: string[] = Object.values(WORKER_ENV);
        expect(Object.keys(env).filter((name) => name.startsWith('STERNA_') && !known.includes(name))).toEqual([]);
        const options = await resolveWorkerOptions({}, path.join(place, 'worker.yaml'), env);
        served.push(...options.queues);
        expect(options.healthHost).toBe('0.0.0.0');
        expect(containerOf(deployment).ports).toEqual([{ name: 'health', containerPort: options.healthPort }]);
      }
      expect(served.sort()).toEqual([...QUEUES].sort());
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  it('mounts what the configuration names: the files, and a secret for each target', () => {
    for (const deployment of DEPLOYMENTS) {
      const { args, volumeMounts = [] } = containerOf(deployment);
      const mounts = Object.fromEntries(volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
      expect(args).toEqual(['worker', '-c', `${mounts.config}/worker.yaml`]);
      const secrets = [...(CONFIG?.data?.['inventory.yaml'] ?? '').matchAll(/file:(\S+)/g)].map(([, file]) => file);
      expect(secrets).toEqual(Object.keys(SECRET?.stringData ?? {}).map((name) => `${mounts.targets}/${name}`));
    }
  });

  it('gives a pod the time that a drain takes: 20 s for the steps, 25 s for the router, 5 s for observers', () => {
    const source = (file: string): string => readFileSync(path.join(ROOT, 'src', file), 'utf8');
    expect(source('worker/queue-workers.ts')).toContain("GRACE = '20s'");
    for (const limit of ['graceMs ?? 10_000', 'CLOSE_MS = 15_000'])
      expect(source('router/target-router.ts')).toContain(limit);
    for (const { spec } of DEPLOYMENTS) expect(spec?.template.spec?.terminationGracePeriodSeconds).toBeGreaterThan(50);
  });
});

describe('deploy/Containerfile', () => {
  const text = readFileSync(path.join(ROOT, 'deploy/Containerfile'), 'utf8');

  it('copies what there is, and runs what is built, as somebody other than root', () => {
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
    expect(copied.length).toBeGreaterThan(5);
    for (const name of copied) expect(existsSync(path.join(ROOT, name)), name).toBe(true);
    expect(text).toMatch(/^USER 1000$/m);
    const [, program = ''] = /^ENTRYPOINT \["node", "\/opt\/sterna\/(.+)"\]$/m.exec(text) ?? [];
    expect(existsSync(path.join(ROOT, program)), program).toBe(true);
  });

  it.skipIf(LINTER === undefined)('is as a linter of container files wants it (./dev test installs it)', async () => {
    const { code, output } = await capture(LINTER ?? '', ['--no-color', path.join(ROOT, 'deploy/Containerfile')]);
    expect([code, output]).toEqual([0, '']);
  });
});

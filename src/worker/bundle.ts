import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** Beside this file in a built package; absent in a source checkout. */
export function prebuiltBundle(): string | undefined {
  const candidates = ['./workflow-bundle.js', '../workflow-bundle.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return candidates.find((candidate) => existsSync(candidate));
}

/** The workflows, of a bundle or of their sources, with the guard that they run under. */
export function workflowsOf(
  bundle: string | undefined,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors'> {
  return bundle === undefined
    ? { workflowsPath: source('index'), interceptors: { workflowModules: [source('replay-guard')] } }
    : { workflowBundle: { codePath: bundle } };
}

function source(name: string): string {
  return fileURLToPath(new URL(`../workflows/${name}.ts`, import.meta.url));
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEFAULT_DATA_PLANE, SternaError } from '../contract/index.js';
import { describeIssues } from '../inventory/index.js';

const port = z.int().min(0).max(65_535);

/** What a configuration file may hold. */
export const workerFileShape = z.strictObject({
  dataPlane: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the task queues that this worker serves. @default 'sterna'"),
  inventory: z.string().min(1).optional().describe('Inventory file; relative to this file.'),
  copySlots: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Copies at once: each holds about five connections to its target. @default 8'),
  healthHost: z.string().min(1).optional().describe("Address of /livez, /readyz and /metrics. @default '127.0.0.1'"),
  healthPort: port.optional().describe('0 takes any free port; absent: no health server.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional().describe("@default 'info'"),
});

export type WorkerFile = z.infer<typeof workerFileShape>;

/** Everything filled in, frozen. */
export interface WorkerOptions {
  readonly dataPlane: string;
  readonly inventory: string;
  readonly copySlots: number;
  readonly healthHost: string;
  readonly healthPort: number | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Environment variables that set options. */
export const WORKER_ENV = {
  dataPlane: 'STERNA_DATA_PLANE',
  inventory: 'STERNA_INVENTORY',
  copySlots: 'STERNA_COPY_SLOTS',
  healthHost: 'STERNA_HEALTH_HOST',
  healthPort: 'STERNA_HEALTH_PORT',
  logLevel: 'STERNA_LOG_LEVEL',
} as const satisfies Record<keyof WorkerFile, string>;

/** explicit > environment > file > default. Reports every mistake at once, with the path of its field. */
export function resolveWorkerOptions(
  explicit: WorkerFile,
  configFile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): WorkerOptions {
  const mistakes: string[] = [];
  const check = (source: string, value: unknown): WorkerFile => {
    const result = workerFileShape.safeParse(value);
    if (result.success) return result.data;
    mistakes.push(`${source}: ${describeIssues(result.error)}`);
    return {};
  };
  const fromFile = configFile === undefined ? {} : check(configFile, readConfig(configFile));
  const fromEnv = check('environment', readEnvironment(env));
  const merged = { ...fromFile, ...fromEnv, ...check('options', explicit) };
  const base =
    fromEnv.inventory === undefined && explicit.inventory === undefined && configFile !== undefined
      ? path.dirname(configFile)
      : process.cwd();
  const inventory = merged.inventory === undefined ? undefined : path.resolve(base, merged.inventory);
  if (inventory === undefined)
    mistakes.push(`inventory: expected a file, in the configuration or in ${WORKER_ENV.inventory}`);
  else if (!existsSync(inventory)) mistakes.push(`inventory: expected a file at ${inventory}, found none`);
  if (mistakes.length > 0 || inventory === undefined)
    throw new SternaError('config_invalid', `The worker cannot start. ${mistakes.join('. ')}.`);
  return Object.freeze({
    dataPlane: merged.dataPlane ?? DEFAULT_DATA_PLANE,
    inventory,
    copySlots: merged.copySlots ?? 8,
    healthHost: merged.healthHost ?? '127.0.0.1',
    healthPort: merged.healthPort,
    logLevel: merged.logLevel ?? 'info',
  });
}

function readConfig(configFile: string): unknown {
  let text: string;
  try {
    text = readFileSync(configFile, 'utf8');
  } catch (error) {
    throw new SternaError(
      'config_invalid',
      `Expected a readable configuration at ${configFile}: ${(error as NodeJS.ErrnoException).code ?? 'error'}.`,
      { cause: error },
    );
  }
  try {
    return parse(text) ?? {};
  } catch {
    throw new SternaError('config_invalid', `${configFile}: expected YAML. Correct the syntax.`);
  }
}

function readEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const numbers = new Set(['copySlots', 'healthPort']);
  return Object.fromEntries(
    Object.entries(WORKER_ENV).flatMap(([name, variable]) => {
      const value = env[variable];
      return value === undefined || value === '' ? [] : [[name, numbers.has(name) ? Number(value) : value]];
    }),
  );
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEFAULT_DATA_PLANE, SternaError } from '../contract/index.js';
import { describeIssues, type InventoryResolver, mistakeInReference } from '../inventory/index.js';
import { openRouter } from '../router/index.js';
import { SCHEME, type WebhookFile, webhookShape } from './webhook-shape.js';

/** What a worker may serve: planning and the workflows, controls, the steps of changes. */
export const QUEUES = ['main', 'control', 'copy'] as const;
/** One of the task queues of a data plane. */
export type QueueName = (typeof QUEUES)[number];

const port = z.int().min(0).max(65_535);

/** What a configuration file may hold. */
export const workerFileShape = z.strictObject({
  dataPlane: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the task queues that this worker serves. @default 'sterna'"),
  queues: z
    .array(z.enum(QUEUES))
    .min(1)
    .optional()
    .describe('Which of them. Together the workers of a data plane have to serve all three. @default all'),
  inventory: z.string().min(1).optional().describe('Inventory file; relative to this file.'),
  copySlots: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Copies at once: each holds about five connections to its target. @default 8'),
  maxClients: z
    .int()
    .min(1)
    .optional()
    .describe('Targets with open connections at once; the next waits until one is idle. @default 200'),
  healthHost: z.string().min(1).optional().describe("Address of /livez, /readyz and /metrics. @default '127.0.0.1'"),
  healthPort: port.optional().describe('0 takes any free port; absent: no health server.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional().describe("@default 'info'"),
  webhook: webhookShape.optional().describe('Tells another service of changes.'),
});

/** The fields of a configuration file. */
export type WorkerFile = z.infer<typeof workerFileShape>;

/** Options given in code: those of the file, and a resolver of one's own in place of an inventory file. */
export type ExplicitWorkerOptions = Omit<WorkerFile, 'inventory'> & {
  readonly inventory?: string | InventoryResolver;
};

/** Everything filled in, frozen. */
export interface WorkerOptions {
  readonly dataPlane: string;
  readonly queues: readonly QueueName[];
  readonly inventory: string | InventoryResolver;
  readonly copySlots: number;
  readonly maxClients: number;
  readonly healthHost: string;
  readonly healthPort: number | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly webhook: WebhookFile | undefined;
}

/** Environment variables that set options. */
export const WORKER_ENV = {
  dataPlane: 'STERNA_DATA_PLANE',
  queues: 'STERNA_QUEUES',
  inventory: 'STERNA_INVENTORY',
  copySlots: 'STERNA_COPY_SLOTS',
  maxClients: 'STERNA_MAX_CLIENTS',
  healthHost: 'STERNA_HEALTH_HOST',
  healthPort: 'STERNA_HEALTH_PORT',
  logLevel: 'STERNA_LOG_LEVEL',
  webhook: 'STERNA_WEBHOOK_URL',
  webhookAuthorization: 'STERNA_WEBHOOK_AUTHORIZATION',
} as const satisfies Record<keyof WorkerFile | 'webhookAuthorization', string>;

/** explicit > environment > file > default. Reports every mistake at once, those in the inventory file as well. */
export async function resolveWorkerOptions(
  explicit: ExplicitWorkerOptions,
  configFile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<WorkerOptions> {
  const mistakes: string[] = [];
  const references: [source: string, found: unknown][] = [];
  const check = (source: string, value: unknown): WorkerFile => {
    references.push([
      source,
      (value as { webhook?: { authorization?: unknown } | null } | null)?.webhook?.authorization,
    ]);
    const result = workerFileShape.safeParse(value);
    if (result.success) return result.data;
    mistakes.push(`${source}: ${describeIssues(result.error)}`);
    // A field without a mistake counts all the same: what it names is looked at as well.
    const wrong = new Set(result.error.issues.map(({ path: [field] }) => field));
    const fields: [string, unknown][] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(fields.filter(([field]) => field in workerFileShape.shape && !wrong.has(field)));
  };
  const { inventory: given, ...others } = explicit;
  const resolver = typeof given === 'object' ? given : undefined;
  const inCode = check('options', typeof given === 'string' ? { ...others, inventory: given } : others);
  const inEnv = check('environment', readEnvironment(env));
  const config: ReadConfig = configFile === undefined ? {} : readConfig(configFile);
  if (config.mistake !== undefined) mistakes.push(config.mistake);
  const inFile = config.value === undefined ? {} : check(configFile ?? '', config.value);
  const merged = { ...inFile, ...inEnv, ...inCode };

  const isOfFile = inEnv.inventory === undefined && inCode.inventory === undefined && configFile !== undefined;
  const base = isOfFile ? path.dirname(configFile) : process.cwd();
  const inventory = resolver ?? (merged.inventory === undefined ? undefined : path.resolve(base, merged.inventory));
  if (inventory !== undefined) {
    const refusal = await refusalOf(inventory);
    // One that cannot be had now may be there at the next start: that is no mistake in the configuration.
    if (refusal !== undefined && refusal.code !== 'config_invalid' && mistakes.length === 0) throw refusal;
    if (refusal !== undefined) mistakes.push(`inventory: ${refusal.message.replace(/\.$/, '')}`);
  }
  // Modules of the inventory have registered their schemes by now.
  for (const [source, found] of references) {
    const mistake = typeof found === 'string' && SCHEME.test(found) ? mistakeInReference(found) : undefined;
    if (mistake !== undefined) mistakes.push(`${source}: webhook.authorization: ${mistake}`);
  }
  if (inventory === undefined && config.mistake === undefined)
    mistakes.push(`inventory: expected a file, in the configuration or in ${WORKER_ENV.inventory}`);
  if (mistakes.length > 0 || inventory === undefined)
    throw new SternaError('config_invalid', `The worker cannot start. ${mistakes.join('. ')}.`);
  return Object.freeze({
    dataPlane: merged.dataPlane ?? DEFAULT_DATA_PLANE,
    queues: QUEUES.filter((name) => merged.queues?.includes(name) ?? true),
    inventory,
    copySlots: merged.copySlots ?? 8,
    maxClients: merged.maxClients ?? 200,
    healthHost: merged.healthHost ?? '127.0.0.1',
    healthPort: merged.healthPort,
    logLevel: merged.logLevel ?? 'info',
    webhook: merged.webhook,
  });
}

/** Opens the inventory, which asks no target. */
async function refusalOf(inventory: string | InventoryResolver): Promise<SternaError | undefined> {
  if (typeof inventory !== 'string') return undefined;
  if (!existsSync(inventory)) return new SternaError('config_invalid', `expected a file at ${inventory}, found none.`);
  const quiet = { warn: () => undefined, error: () => undefined }; // the worker opens it again, and says what there is
  try {
    await (await openRouter(inventory, quiet)).close();
    return undefined;
  } catch (error) {
    if (error instanceof SternaError) return error;
    throw error;
  }
}

interface ReadConfig {
  readonly value?: unknown;
  readonly mistake?: string;
}

function readConfig(configFile: string): ReadConfig {
  let text: string;
  try {
    text = readFileSync(configFile, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    return { mistake: `Expected a readable configuration at ${configFile}: ${code}` };
  }
  try {
    return { value: parse(text) ?? {} };
  } catch {
    return { mistake: `${configFile}: expected YAML. Correct the syntax` };
  }
}

function readEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const read: Partial<Record<keyof typeof WORKER_ENV, (text: string) => unknown>> = {
    copySlots: Number,
    maxClients: Number,
    healthPort: Number,
    queues: (text) => text.split(',').map((name) => name.trim()),
  };
  const {
    webhook: url,
    webhookAuthorization: authorization,
    ...others
  } = Object.fromEntries(
    Object.entries(WORKER_ENV).flatMap(([name, variable]) => {
      const value = env[variable];
      if (value === undefined || value === '') return [];
      return [[name, read[name as keyof typeof WORKER_ENV]?.(value) ?? value]];
    }),
  );
  if (url === undefined && authorization === undefined) return others;
  // Of one place: a secret of the file is not sent to an address of the environment.
  return { ...others, webhook: { url, ...(authorization === undefined ? {} : { authorization }) } };
}

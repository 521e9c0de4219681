import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { SternaError } from '../contract/index.js';
import type { ConnectionConfig, TlsConfig } from '../mysql/index.js';
import { parseDsn } from './dsn.js';
import { type InventoryFile, readInventoryFile, type ServerEntry } from './inventory-file.js';
import type { InventoryResolver, ResolvedTarget, TargetRequest, TargetSummary } from './resolver.js';
import { isSecretReference, readSecret } from './secrets.js';

export interface InventoryLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Entry = InventoryFile['entries'][number];

/** Opens an inventory file. Refuses a broken one; later, a broken edit keeps the last good state and says so. */
export async function loadStaticInventory(
  path: string,
  { log, env = process.env }: { readonly log: InventoryLog; readonly env?: NodeJS.ProcessEnv },
): Promise<InventoryResolver> {
  const inventory = new StaticInventory(path, log, env);
  await inventory.load();
  return inventory;
}

class StaticInventory implements InventoryResolver {
  #file: InventoryFile = { development: false, entries: [] };
  #byTarget = new Map<string, Entry[]>();
  #stamp = '';

  constructor(
    private readonly path: string,
    private readonly log: InventoryLog,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  async load(): Promise<void> {
    this.#stamp = await stampOf(this.path);
    this.#adopt(await readInventoryFile(this.path));
  }

  async resolve({ target, type = 'mysql', environment }: TargetRequest): Promise<ResolvedTarget> {
    await this.#reread();
    if (target === '') throw new SternaError('target_unknown', 'Expected a target key, got an empty one.');
    const candidates = this.#byTarget.get(target) ?? [];
    const entry =
      environment === undefined && candidates.length === 1
        ? candidates[0]
        : candidates.find((each) => each.environment === environment);
    if (entry === undefined) {
      const known = candidates.map((each) => each.environment).sort();
      throw new SternaError(
        'target_unknown',
        known.length === 0
          ? `Expected a target of the inventory, got ${JSON.stringify(target)}. See \`sterna targets\`.`
          : `Expected target ${target} in environment ${known.join(' or ')}, got ${JSON.stringify(environment)}.`,
      );
    }
    if (entry.type !== type)
      throw new SternaError(
        'target_type_mismatch',
        `Expected target ${target} to be of type ${type}, the inventory says ${entry.type}.`,
      );
    const where = `targets.${entry.target}`;
    const connection = await this.#connection(entry, where, entry.allow_database);
    const replicas = await Promise.all(
      entry.replicas.map((replica, i) => this.#connection(replica, `${where}.replicas.${i}`, false)),
    );
    const limits = limitsOf(entry);
    return {
      target,
      environment: entry.environment,
      type,
      connection,
      labels: { ...entry.labels },
      metadata: { ...entry.metadata },
      ...(entry.schema_overrides === undefined ? {} : { schemaOverrides: { ...entry.schema_overrides } }),
      replicas,
      limits,
      requireWriter: entry.require_writer,
      connectionHash: createHash('sha256')
        .update(
          JSON.stringify([
            await Promise.all(
              [connection, ...replicas].map(async (each) => ({ ...each, password: await each.password() })),
            ),
            limits,
            entry.schema_overrides ?? null,
            entry.require_writer,
          ]),
        )
        .digest('hex'),
    };
  }

  async list(): Promise<TargetSummary[]> {
    await this.#reread();
    return this.#file.entries
      .map(({ target, environment, type, labels }) => ({ target, environment, type, labels: { ...labels } }))
      .sort((a, b) => a.environment.localeCompare(b.environment) || a.target.localeCompare(b.target));
  }

  /** Looks at the file's time and size at each use: an edit counts at once, without a watcher to own. */
  async #reread(): Promise<void> {
    const stamp = await stampOf(this.path);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      this.#adopt(await readInventoryFile(this.path));
    } catch (error) {
      // R5: a file that cannot be read says nothing about its targets.
      this.log.error(
        { error: error instanceof Error ? error.message : String(error) },
        'the inventory was changed and is broken; the last good state stays in force',
      );
    }
  }

  #adopt(file: InventoryFile): void {
    this.#file = file;
    this.#byTarget = new Map();
    for (const entry of file.entries)
      this.#byTarget.set(entry.target, [...(this.#byTarget.get(entry.target) ?? []), entry]);
    if (file.development)
      this.log.warn({}, 'the inventory is marked as development: plain passwords are allowed in it');
  }

  async #connection(entry: ServerEntry, where: string, allowDatabase: boolean): Promise<ConnectionConfig> {
    const ca =
      entry.tls_ca === undefined ? {} : { ca: await readDocument(this.#beside(entry.tls_ca), `${where}.tls_ca`) };
    if (entry.dsn_from !== undefined) return this.#assemble(entry.dsn_from, `${where}.dsn_from`, ca);
    const text = entry.dsn ?? '';
    const reference = isSecretReference(text);
    const dsn = parseDsn(reference ? await readSecret(text, `${where}.dsn`, this.env) : text, `${where}.dsn`);
    if (!reference && dsn.password !== '' && !this.#file.development) {
      throw new SternaError(
        'config_invalid',
        `${where}.dsn: expected a secret reference (env:NAME or file:/path), found a plain password. Only an inventory with "development: true" may hold one.`,
      );
    }
    if (dsn.database !== '' && !allowDatabase) {
      throw new SternaError(
        'config_invalid',
        `${where}.dsn: expected no database in the DSN, found one. The namespace comes with each operation; set allow_database where it is only a label (R3).`,
      );
    }
    return {
      host: dsn.host,
      port: dsn.port,
      user: dsn.user,
      password: () => Promise.resolve(dsn.password),
      tls: { mode: dsn.tls, ...ca },
    };
  }

  /** Paths in the file are relative to it. */
  #beside(file: string): string {
    return path.resolve(path.dirname(this.path), file);
  }

  /** Fresh at every resolution, so that a rotated secret or a moved server counts at once. */
  async #assemble(
    from: NonNullable<ServerEntry['dsn_from']>,
    where: string,
    ca: { ca?: string },
  ): Promise<ConnectionConfig> {
    const document = parseDocument(
      await readDocument(this.#beside(from.config), `${where}.config`),
      where,
      from.config,
    );
    const host = lookUp(document, from.host);
    const port = from.port === undefined ? 3306 : Number(lookUp(document, from.port));
    if (typeof host !== 'string' || host === '')
      throw new SternaError(
        'config_invalid',
        `${where}.host: expected a host at ${from.host} of ${from.config}, found none.`,
      );
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new SternaError(
        'config_invalid',
        `${where}.port: expected a port from 1 to 65535 at ${from.port ?? ''} of ${from.config}.`,
      );
    const password = await readSecret(from.password, `${where}.password`, this.env);
    const tls: TlsConfig = { mode: from.tls ?? 'preferred', ...ca };
    return { host, port, user: from.user, password: () => Promise.resolve(password), tls };
  }
}

/** Only what is given: defaults are the engine's. */
function limitsOf({ throttle }: Entry): NonNullable<ResolvedTarget['limits']> {
  const { threads_running, commit_latency_ms, history_list_length, replica_lag_seconds } = throttle;
  return {
    ...(threads_running === undefined ? {} : { threadsRunning: threads_running }),
    ...(commit_latency_ms === undefined ? {} : { commitMs: commit_latency_ms }),
    ...(history_list_length === undefined ? {} : { historyListLength: history_list_length }),
    ...(replica_lag_seconds === undefined ? {} : { replicaLagSeconds: replica_lag_seconds }),
  };
}

async function stampOf(path: string): Promise<string> {
  try {
    const facts = await stat(path);
    return `${facts.mtimeMs}/${facts.size}/${facts.ino}`;
  } catch {
    return 'absent'; // the read that follows says why
  }
}

async function readDocument(path: string, where: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SternaError(
      'inventory_unavailable',
      `${where}: expected a readable file at ${path}: ${(error as NodeJS.ErrnoException).code ?? 'error'}.`,
      { cause: error },
    );
  }
}

/** R2: the parser's own message quotes the line, which may hold an address or a password. */
function parseDocument(text: string, where: string, file: string): unknown {
  try {
    return parse(text);
  } catch {
    throw new SternaError(
      'inventory_unavailable',
      `${where}.config: expected YAML or JSON in ${file}. Correct the syntax.`,
    );
  }
}

function lookUp(document: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, name)
          ? (at as Record<string, unknown>)[name]
          : undefined,
      document,
    );
}

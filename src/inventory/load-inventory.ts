import { stat } from 'node:fs/promises';
import path from 'node:path';
import { SternaError } from '../contract/index.js';
import { InventoryByType } from './by-type-inventory.js';
import type { EntryContext } from './connection.js';
import { EntryInventory } from './entry-inventory.js';
import { explain } from './explain-entry.js';
import { HttpEntries } from './http-inventory.js';
import { type InventoryDefinition, readInventoryFile } from './inventory-file.js';
import { openModule } from './module-inventory.js';
import { MysqlEntries } from './mysql-inventory.js';
import type {
  InventoryHealth,
  InventoryResolver,
  ResolvedTarget,
  TargetExplanation,
  TargetRequest,
  TargetSummary,
} from './resolver.js';
import { StaticEntries } from './static-inventory.js';

/** Where an inventory tells of passwords in plain text and of edits that it refuses, e.g. a pino logger. */
export interface InventoryLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What an inventory is given by the process that loads it. */
export interface InventoryOptions {
  readonly log: InventoryLog;
  /** Where `env:NAME` is looked up. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** An inventory of a file, of whatever kind. */
export interface LoadedInventory extends InventoryResolver {
  /** Throws `not_supported` while the file says of an inventory that cannot list; an edit may change that at any time. */
  list(signal?: AbortSignal): Promise<TargetSummary[]>;
  health(): Promise<InventoryHealth>;
  explain(request: TargetRequest, signal?: AbortSignal): Promise<TargetExplanation>;
}

/**
 * Opens the inventory that a file describes. Refuses a broken one; later, a broken edit keeps the last good state and
 * says so.
 */
export async function loadInventory(
  file: string,
  { log, env = process.env }: InventoryOptions,
): Promise<LoadedInventory> {
  const inventory = new FileInventory(path.resolve(file), log, env, false);
  warnOf(await inventory.load(), log);
  return inventory;
}

/** What a file says, ready to be asked. */
interface Opened {
  readonly backend: InventoryResolver;
  /** Plain passwords are allowed in it, or in a part of it. */
  readonly development: boolean;
}

class FileInventory implements LoadedInventory {
  /** A moment, in which one who has many questions asks one. */
  readonly freshMs = 1_000;
  #backend: InventoryResolver | undefined;
  #stamp = '';
  #stale: InventoryHealth = { stale: false };
  /** When the last attempt to read the file failed. */
  #failedAt: number | undefined;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly log: InventoryLog,
    private readonly env: NodeJS.ProcessEnv,
    /** Stands in another one. */
    private readonly nested: boolean,
  ) {}

  async load(): Promise<Opened> {
    this.#stamp = await stampOf(this.file);
    const opened = await this.#open();
    this.#backend = opened.backend;
    return opened;
  }

  async resolve(request: TargetRequest, signal?: AbortSignal): Promise<ResolvedTarget> {
    signal?.throwIfAborted();
    assertKey(request);
    return (await this.#current()).resolve(request, signal);
  }

  async explain(request: TargetRequest, signal?: AbortSignal): Promise<TargetExplanation> {
    signal?.throwIfAborted();
    assertKey(request);
    return { file: this.file, ...(await explain(await this.#current(), request, signal)) };
  }

  async list(signal?: AbortSignal): Promise<TargetSummary[]> {
    signal?.throwIfAborted();
    const backend = await this.#current();
    if (backend.list !== undefined) return backend.list(signal);
    throw new SternaError(
      'not_supported',
      'Expected an inventory that can list its targets; this one cannot. Name the target, e.g. in `sterna targets explain`.',
    );
  }

  async health(): Promise<InventoryHealth> {
    const backend = await this.#current();
    return this.#stale.stale ? this.#stale : ((await backend.health?.()) ?? this.#stale);
  }

  /** Looks at the file's time and size at each use: an edit counts at once, without a watcher to own. */
  async #current(): Promise<InventoryResolver> {
    // Shared by all that ask before it begins: a look that has begun may have missed an edit.
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#reread();
    });
    this.#last = this.#next;
    await this.#next;
    if (this.#backend === undefined) throw new SternaError('internal', 'Expected a loaded inventory, found none.');
    return this.#backend;
  }

  async #reread(): Promise<void> {
    const stamp = await stampOf(this.file);
    // What failed may have been mended elsewhere: in a file that it names, in the rights to it.
    const isDue = this.#failedAt !== undefined && performance.now() - this.#failedAt >= this.freshMs;
    if (stamp === this.#stamp && !isDue) return;
    this.#stamp = stamp;
    try {
      const opened = await this.#open();
      this.#backend = opened.backend;
      warnOf(opened, this.log);
      this.#stale = { stale: false };
      this.#failedAt = undefined;
    } catch (error) {
      // R5: a file that cannot be read says nothing about its targets.
      const message = error instanceof SternaError ? error.message : 'a fault in Sterna';
      const isNew = message !== this.#stale.message;
      this.#stale = { stale: true, message };
      this.#failedAt = performance.now();
      if (isNew)
        this.log.error(
          { error: message },
          'the inventory was changed and is broken; the last good state stays in force',
        );
    }
  }

  async #open(): Promise<Opened> {
    const definition = await readInventoryFile(this.file);
    if (this.nested && definition.kind === 'by_type')
      throw new SternaError('config_invalid', `${this.file}: expected no by_type in an inventory of one type.`);
    return this.#backendOf(definition);
  }

  async #backendOf(definition: InventoryDefinition): Promise<Opened> {
    const { development } = definition;
    const context: EntryContext = { folder: path.dirname(this.file), env: this.env, development };
    switch (definition.kind) {
      case 'targets':
        return { backend: new EntryInventory(new StaticEntries(definition.entries), context), development };
      case 'mysql':
        return { backend: new EntryInventory(new MysqlEntries(definition.mysql, context), context), development };
      case 'http':
        return { backend: new EntryInventory(new HttpEntries(definition.http, context), context), development };
      case 'module':
        return { backend: await openModule(path.resolve(context.folder, definition.module), context), development };
      case 'by_type': {
        const types = await Promise.all(
          [...definition.types].map(async ([type, nested]) => ({ type, ...(await this.#nested(nested)) })),
        );
        return {
          backend: new InventoryByType(new Map(types.map(({ type, backend }) => [type, backend]))),
          development: development || types.some((each) => each.development),
        };
      }
    }
  }

  async #nested(definition: InventoryDefinition | string): Promise<Opened> {
    if (typeof definition !== 'string') return this.#backendOf(definition);
    const file = path.resolve(path.dirname(this.file), definition);
    const inventory = new FileInventory(file, this.log, this.env, true);
    return { ...(await inventory.load()), backend: inventory };
  }
}

/** Once it is in force, so that attempts that fail say nothing of it. */
function warnOf({ development }: Opened, log: InventoryLog): void {
  if (development) log.warn({}, 'the inventory is marked as development: plain passwords are allowed in it');
}

function assertKey({ target }: TargetRequest): void {
  if (target === '') throw new SternaError('target_unknown', 'Expected a target key, got an empty one.');
}

async function stampOf(file: string): Promise<string> {
  try {
    const facts = await stat(file);
    return `${facts.mtimeMs}/${facts.size}/${facts.ino}`;
  } catch {
    return 'absent'; // the read that follows says why
  }
}

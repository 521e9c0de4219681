import { stat } from 'node:fs/promises';
import path from 'node:path';
import { SternaError } from '../contract/index.js';
import { InventoryByType } from './by-type-inventory.js';
import type { EntryContext } from './connection.js';
import { EntryInventory } from './entry-inventory.js';
import { explain } from './explain-entry.js';
import { HttpEntries } from './http-inventory.js';
import { type InventoryDefinition, type InventoryFile, readInventoryFile } from './inventory-file.js';
import { mistakesIn } from './mistakes.js';
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
  await inventory.load();
  return inventory;
}

/** What a file says, and those that it names. */
interface Opened {
  /** Absent where something is wrong. */
  readonly backend?: InventoryResolver;
  /** Plain passwords are allowed in it, or in a part of it. */
  readonly development: boolean;
  readonly files: readonly InventoryFile[];
  readonly refusals: readonly SternaError[];
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

  async load(): Promise<void> {
    this.#stamp = await stampOf(this.file);
    await this.#open();
  }

  /** As a part of another one, which looks for mistakes once all parts are open. */
  async loadPart(): Promise<Opened> {
    this.#stamp = await stampOf(this.file);
    const opened = await this.#read();
    this.#backend = opened.backend;
    return { ...opened, backend: this };
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
      await this.#open();
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

  /** Takes what the file says, or tells all that is wrong with it. */
  async #open(): Promise<void> {
    const { backend, development, files, refusals } = await this.#read();
    const refusal = refusalOf([...refusals, ...(await Promise.all(files.map(mistakesOf))).flat()]);
    if (refusal !== undefined) throw refusal;
    this.#backend = backend;
    if (development) this.log.warn({}, 'the inventory is marked as development: plain passwords are allowed in it');
  }

  #read(): Promise<Opened> {
    return collected(async () => {
      const file = await readInventoryFile(this.file);
      const { definition } = file;
      if (definition === undefined) return { development: false, files: [file], refusals: [] };
      if (this.nested && definition.kind === 'by_type')
        throw new SternaError('config_invalid', `${this.file}: expected no by_type in an inventory of one type.`);
      const opened = await this.#backendOf(definition);
      return { ...opened, files: [file, ...opened.files] };
    });
  }

  async #backendOf(definition: InventoryDefinition): Promise<Opened> {
    const { development } = definition;
    const context: EntryContext = { folder: path.dirname(this.file), env: this.env, development };
    const opened = { development, files: [], refusals: [] };
    switch (definition.kind) {
      case 'targets':
        return { ...opened, backend: new EntryInventory(new StaticEntries(definition.entries), context) };
      case 'mysql':
        return { ...opened, backend: new EntryInventory(new MysqlEntries(definition.mysql, context), context) };
      case 'http':
        return { ...opened, backend: new EntryInventory(new HttpEntries(definition.http, context), context) };
      case 'module':
        return { ...opened, backend: await openModule(path.resolve(context.folder, definition.module), context) };
      case 'by_type':
        return this.#byType(definition.types, development);
    }
  }

  async #byType(types: ReadonlyMap<string, InventoryDefinition | string>, development: boolean): Promise<Opened> {
    const parts = await Promise.all(
      [...types].map(async ([type, nested]) => ({ type, ...(await this.#part(nested)) })),
    );
    const backends = parts.flatMap(({ type, backend }) => (backend === undefined ? [] : [[type, backend] as const]));
    return {
      backend: new InventoryByType(new Map(backends)),
      development: development || parts.some((part) => part.development),
      files: parts.flatMap(({ files }) => files),
      refusals: parts.flatMap(({ refusals }) => refusals),
    };
  }

  #part(definition: InventoryDefinition | string): Promise<Opened> {
    if (typeof definition !== 'string') return collected(() => this.#backendOf(definition));
    const file = path.resolve(path.dirname(this.file), definition);
    return new FileInventory(file, this.log, this.env, true).loadPart();
  }
}

/** A refusal is one of all that are told. */
async function collected(work: () => Promise<Opened>): Promise<Opened> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    return { development: false, files: [], refusals: [error] };
  }
}

/** Once everything is open: modules register schemes of secrets. */
async function mistakesOf({ path: file, document, mistakes }: InventoryFile): Promise<SternaError[]> {
  const all = [...mistakes, ...(await mistakesIn(document, path.dirname(file)))];
  return all.length === 0 ? [] : [new SternaError('config_invalid', `${file}: ${all.join('; ')}.`)];
}

/** All of them as one: with what can be corrected in files, the others are told as well. */
function refusalOf(refusals: readonly SternaError[]): SternaError | undefined {
  const [first] = refusals;
  if (first === undefined || refusals.length === 1) return first;
  const code = refusals.some((each) => each.code === 'config_invalid') ? 'config_invalid' : first.code;
  return new SternaError(code, refusals.map(({ message }) => message).join(' '));
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

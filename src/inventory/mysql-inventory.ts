import { SternaError } from '../contract/index.js';
import type { MysqlServer } from '../mysql/index.js';
import { connectionOf, type EntryContext } from './connection.js';
import type { TargetEntry } from './entry.js';
import { type EntrySource, parseEntry, parseSummaries } from './entry-inventory.js';
import type { MysqlDefinition } from './inventory-file.js';
import { bindRequest } from './inventory-sql.js';
import type { TargetRequest, TargetSummary } from './resolver.js';

/** Questions at once; each has a connection of its own, for as long as it takes. */
const QUESTIONS_AT_ONCE = 4;
const TEXTS_OF_JSON = ['labels', 'metadata', 'schema_overrides', 'throttle', 'replicas', 'workspace', 'dsn_from'];
const FLAGS = ['require_writer', 'allow_database'];
const ADDRESS = ['host', 'port', 'user', 'password', 'tls'];

type Row = Readonly<Record<string, unknown>>;

/** Entries that are kept in a table. Nothing is kept open between two questions, and nothing is remembered. */
export class MysqlEntries implements EntrySource {
  readonly kind = 'mysql';
  readonly list: EntrySource['list'];
  #free = QUESTIONS_AT_ONCE;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly definition: MysqlDefinition,
    private readonly context: EntryContext,
  ) {
    const { list } = definition;
    this.list =
      list === undefined
        ? undefined
        : async (signal) => listed(await this.#ask(list, { target: '' }, signal), 'the list of the inventory table');
  }

  where(target: string): string {
    return `the row of ${target}`;
  }

  /** A collation may take other keys for equal, and SQL may ask for too much: only rows of this very key count. */
  async find(request: TargetRequest, signal: AbortSignal | undefined): Promise<readonly TargetEntry[]> {
    const where = this.where(request.target);
    const rows = await this.#ask(this.definition.resolve, request, signal);
    if (rows.some((row) => typeof row.target !== 'string'))
      throw new SternaError('config_invalid', `${where}: expected the column target, a text, in each row.`);
    const entries = rows
      .filter((row) => row.target === request.target)
      .map((row) => ({ ...parseEntry(entryOfRow(row, where), where), target: request.target }));
    if (new Set(entries.map(({ environment }) => environment)).size < entries.length)
      throw new SternaError('config_invalid', `${where}: expected one row for an environment, found more.`);
    return entries;
  }

  async #ask(text: string, request: TargetRequest, signal: AbortSignal | undefined): Promise<Row[]> {
    const { dsn, tls_ca, timeout_seconds } = this.definition;
    const connection = await connectionOf({ dsn, ...(tls_ca === undefined ? {} : { tls_ca }) }, 'mysql', this.context);
    const { MysqlServer } = await import('../mysql/index.js'); // where no table is asked, nobody pays for it
    const late = AbortSignal.timeout(timeout_seconds * 1_000);
    const ended = signal === undefined ? late : AbortSignal.any([late, signal]);
    const entered = this.#enter();
    try {
      await until(entered, ended);
      const server = await MysqlServer.open(connection, 1);
      return await until(ask(server, bindRequest(text, request), timeout_seconds * 1_000, ended), ended);
    } catch (error) {
      signal?.throwIfAborted();
      if (late.aborted) throw unavailable(`expected an answer within ${timeout_seconds} s, got none.`);
      if (!(error instanceof SternaError)) throw error;
      throw unavailable(error.message);
    } finally {
      void entered.then(() => this.#leave()); // whoever gave up before its turn passes it on
    }
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

async function ask(
  server: MysqlServer,
  { sql, values }: ReturnType<typeof bindRequest>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<Row[]> {
  try {
    // An inventory is read: a statement that writes is refused by the server.
    const settings = { transaction_read_only: 1, max_execution_time: Math.ceil(milliseconds) };
    await using session = await server.connect({ settings, signal });
    return await session.query(sql, values);
  } finally {
    await server.close();
  }
}

/** A connection that is being opened cannot be broken off; it is closed when it is there. */
async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined); // told by the race, or not of interest any more
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** Columns are named like the fields of an entry; the address is in columns of its own. NULL is a field that is absent. */
function entryOfRow(row: Row, where: string): Row {
  const address: Record<string, unknown> = {};
  const entry: Record<string, unknown> = {};
  for (const [column, found] of Object.entries(row)) {
    if (found === null || column === 'target') continue;
    (ADDRESS.includes(column) ? address : entry)[column] = valueOf(column, found, where);
  }
  return Object.keys(address).length === 0 ? entry : { ...entry, address };
}

function valueOf(column: string, found: unknown, where: string): unknown {
  if (FLAGS.includes(column)) return found === 1 ? true : found === 0 ? false : found;
  if (!TEXTS_OF_JSON.includes(column) || typeof found !== 'string') return found;
  try {
    return JSON.parse(found) as unknown;
  } catch {
    throw new SternaError('config_invalid', `${where}: ${column}: expected JSON. Correct the text in that column.`);
  }
}

function listed(rows: readonly Row[], where: string): TargetSummary[] {
  return parseSummaries(
    rows.map((row) =>
      Object.fromEntries(Object.entries(summaryOfRow(row, where)).filter(([, found]) => found !== null)),
    ),
    where,
  );
}

function summaryOfRow({ labels, ...row }: Row, where: string): Row {
  return { ...row, labels: labels === undefined ? null : valueOf('labels', labels, where) };
}

function unavailable(what: string): SternaError {
  return new SternaError('inventory_unavailable', `The inventory table cannot be read: ${what}`);
}

import ZongJi, { GtidSet } from '@vlasky/zongji';
import { LONGEST_WAIT_SECONDS, type MysqlServer } from './server.js';
import { answered, PATIENCE } from './answered.js';
import { assertCompleted, completeReader } from './binlog-columns.js';
import { translateError } from './server-error.js';
import { SternaError } from '../contract/index.js';

export { GtidSet };

/** A place in the binlog of a server. */
export interface Coordinate {
  readonly file: string;
  readonly position: number;
  /** When the file was begun, in milliseconds: after a reset of the binlogs, another file may have its name. */
  readonly created?: number;
}

/** What the engine needs of the binlog, in stream order, each with the place where it ends. */
export type BinlogEvent = BinlogContent & { readonly at?: Coordinate };

/** Row images come only for the tables asked for. */
type BinlogContent =
  | { readonly kind: 'begin'; readonly gtid: string | undefined }
  | {
      readonly kind: 'rows';
      readonly namespace: string;
      readonly table: string;
      readonly images: readonly Record<string, unknown>[];
    }
  /** Statements other than BEGIN and COMMIT: DDL, XA control, statement-based changes. */
  | { readonly kind: 'statement'; readonly namespace: string; readonly sql: string }
  /**
   * The transaction is complete in the binlog; it may not be visible to other sessions yet. `rows`: ended by the
   * storage engine, as those that change rows are.
   */
  | { readonly kind: 'commit'; readonly rows: boolean }
  /** The stream has come to another place between transactions: a new file, or its head. */
  | { readonly kind: 'moved' }
  /** An event that the reader does not know, such as a file loaded by a statement. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'prepare'; readonly xid: string };

/** From where a stream goes on: the transactions that are done, or a place. */
export type BinlogStart = { readonly gtidSet: string } | { readonly file: string; readonly position: number };

export interface BinlogStreamOptions {
  readonly from: BinlogStart;
  /** Unique among the readers of this server: two with one id throw each other out. */
  readonly serverId: number;
  /** namespace -> tables whose row images are wanted. */
  readonly tables: Readonly<Record<string, string[]>>;
  /** Connection attributes, so that a later driver finds and ends this reader. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly onEvent: (event: BinlogEvent) => void;
  /** Called once; nothing comes after it. The reader skips what it cannot read, so every error is final. */
  readonly onError: (error: SternaError) => void;
}

interface ReaderEvent {
  /** In milliseconds. */
  readonly timestamp: number;
  /** 32 bits of it; 0 for an event that is in no file. */
  readonly nextPosition: number;
  /** Of a rotate event. */
  readonly binlogName?: string;
  readonly position?: number;
  readonly gtid?: string;
  readonly query?: string;
  readonly schema?: string;
  readonly tableId?: number;
  readonly tableMap?: Record<number, { parentSchema: string; tableName: string }>;
  readonly rows?: readonly Record<string, unknown>[];
  readonly xidFormatId?: number;
  readonly xidGtrid?: Buffer;
  readonly xidBqual?: Buffer;
  readonly onePhase?: boolean;
  getTypeName(): string;
}

/** A binlog reader on its own connections, as the source of typed events. */
export class BinlogStream implements AsyncDisposable {
  #failed = false;
  #at: Coordinate | undefined;
  private constructor(
    private readonly reader: ZongJi,
    private readonly options: BinlogStreamOptions,
  ) {}

  /** Resolves when the server has been asked for the stream. */
  static async open(server: MysqlServer, options: BinlogStreamOptions): Promise<BinlogStream> {
    await completeReader();
    const reader = new ZongJi({
      ...(await server.driverOptions()),
      connectAttributes: options.attributes,
    });
    const stream = new BinlogStream(reader, options);
    const opened = new Promise<void>((resolve, reject) => {
      reader.on('ready', () => {
        waitForReader(reader);
        keepAlive(reader).then(resolve, (error: unknown) => reject(streamError(error)));
      });
      reader.on('error', (error: unknown) => {
        reject(streamError(error));
        stream.#fail(error);
      });
      reader.on('binlog', (event: unknown) => stream.#receive(event as ReaderEvent));
      const { from } = options;
      reader.start({
        ...('gtidSet' in from ? { gtidSet: from.gtidSet } : { filename: from.file, position: from.position }),
        serverId: options.serverId,
        includeEvents: [
          'gtid',
          'anonymousgtid',
          'query',
          'xid',
          'xaprepare',
          'tablemap',
          'writerows',
          'updaterows',
          'deleterows',
          'transactionpayload',
          'partialupdaterows',
          'unknown',
          'rotate',
          'format',
          'previousgtids',
        ],
        includeSchema: options.tables,
      });
    });
    try {
      await answered(opened, PATIENCE.open, 'opening the binlog stream', () => undefined);
      return stream;
    } catch (error) {
      opened.catch(() => undefined); // one error is enough
      await stream.close();
      throw error;
    }
  }

  /** Back-pressure: the server waits while the socket is not read. */
  pause(): void {
    (this.reader as unknown as { connection: { pause(): void } | null }).connection?.pause();
  }

  resume(): void {
    (this.reader as unknown as { connection: { resume(): void } | null }).connection?.resume();
  }

  async close(): Promise<void> {
    this.#failed = true;
    await new Promise<void>((resolve) => {
      this.reader.once('stopped', resolve);
      this.reader.stop();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.options.onError(streamError(error));
  }

  #receive(event: ReaderEvent): void {
    if (this.#failed) return;
    try {
      this.#at = placeAfter(event, this.#at);
      const at = this.#at;
      for (const translated of translateEvent(event))
        this.options.onEvent(at === undefined ? translated : { ...translated, at });
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** Sent before the stream is asked for: a stream that is paused must not be ended because nobody reads it. */
function waitForReader(reader: ZongJi): void {
  const { connection } = reader as unknown as {
    connection: { query(sql: string, then: (error: unknown) => void): void };
  };
  connection.query(`SET SESSION net_write_timeout = ${LONGEST_WAIT_SECONDS}`, (error) => {
    if (error !== null) reader.emit('error', error);
  });
}

/** The reader asks for the columns of a table on a second connection, which is silent in between. */
async function keepAlive(reader: ZongJi): Promise<void> {
  const { ctrlConnection } = reader as unknown as {
    ctrlConnection: { promise(): { query(sql: string): Promise<unknown> } };
  };
  await ctrlConnection.promise().query(`SET SESSION wait_timeout = ${LONGEST_WAIT_SECONDS}`);
}

const POSITION_BITS = 2 ** 32;

function placeAfter(event: ReaderEvent, before: Coordinate | undefined): Coordinate | undefined {
  if (event.getTypeName() === 'Rotate') {
    const { binlogName: file = '', position = 4 } = event;
    // The server says at the start of a stream where it is, and once more at the start of each file.
    return before?.file === file ? { ...before, position } : { file, position };
  }
  if (before === undefined) return undefined;
  const position = event.nextPosition === 0 ? before.position : unwrapped(event.nextPosition, before.position);
  return event.getTypeName() === 'Format' ? { ...before, position, created: event.timestamp } : { ...before, position };
}

/** A transaction may make a file longer than an event's 32 bits can tell. */
function unwrapped(position: number, before: number): number {
  const whole = before - (before % POSITION_BITS) + position;
  return whole < before ? whole + POSITION_BITS : whole;
}

function translateEvent(event: ReaderEvent): BinlogContent[] {
  switch (event.getTypeName()) {
    case 'Rotate':
    case 'Format':
    case 'PreviousGtids':
      return [{ kind: 'moved' }];
    case 'Gtid':
    case 'AnonymousGtid':
      return [{ kind: 'begin', gtid: event.getTypeName() === 'Gtid' ? event.gtid : undefined }];
    case 'WriteRows':
    case 'DeleteRows':
    case 'UpdateRows': {
      const table = event.tableMap?.[event.tableId ?? -1];
      if (table === undefined)
        throw new SternaError(
          'binlog_unreadable',
          'The binlog has row changes without the description of their table.',
        );
      const updates = event.getTypeName() === 'UpdateRows';
      // An update has both images of each row: its key may have changed.
      const images = (event.rows ?? []).flatMap((row) =>
        updates ? [row.before as Record<string, unknown>, row.after as Record<string, unknown>] : [row],
      );
      return [{ kind: 'rows', namespace: table.parentSchema, table: table.tableName, images }];
    }
    case 'TableMap':
      assertCompleted(event);
      return [];
    case 'Xid':
      return [{ kind: 'commit', rows: true }];
    case 'Unknown':
      return [{ kind: 'unknown' }];
    case 'XaPrepare': {
      if (event.onePhase === true) return [{ kind: 'commit', rows: true }];
      const hex = (part: Buffer | undefined): string => (part ?? Buffer.alloc(0)).toString('hex');
      return [{ kind: 'prepare', xid: `${hex(event.xidGtrid)}:${hex(event.xidBqual)}:${event.xidFormatId}` }];
    }
    case 'Query': {
      const sql = (event.query ?? '').trim();
      if (/^BEGIN$/i.test(sql)) return [];
      if (/^COMMIT$/i.test(sql)) return [{ kind: 'commit', rows: false }];
      return [{ kind: 'statement', namespace: event.schema ?? '', sql }];
    }
    case 'TransactionPayload':
      throw new SternaError(
        'binlog_unreadable',
        'Expected uncompressed transactions in the binlog, found a compressed one. SET GLOBAL binlog_transaction_compression=OFF, also in the sessions that write.',
      );
    case 'PartialUpdateRows':
      throw new SternaError(
        'binlog_unreadable',
        "Expected whole rows in the binlog, found a partial JSON update. SET GLOBAL binlog_row_value_options=''.",
      );
    default:
      return [];
  }
}

const ER_MASTER_FATAL_ERROR_READING_BINLOG = 1236;

function streamError(error: unknown): SternaError {
  const driverError = error as { errno?: number; message?: string };
  if (driverError.errno === ER_MASTER_FATAL_ERROR_READING_BINLOG) {
    return new SternaError(
      'position_lost',
      `The server cannot send the binlog from the saved position: ${driverError.message ?? ''}`.slice(0, 400),
      { cause: error },
    );
  }
  const translated = translateError(error, 'reading the binlog');
  // What is neither the network nor the server is the reader itself: it would go on without the rows.
  return translated.code === 'sql_error' && driverError.errno === undefined
    ? new SternaError('binlog_unreadable', `The binlog reader reports: ${driverError.message ?? String(error)}`, {
        cause: error,
      })
    : translated;
}

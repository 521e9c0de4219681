import { SternaError } from '../contract/index.js';
import { type BinlogStart, type Coordinate, GtidSet, serverHas, type Session } from '../mysql/index.js';

/**
 * How a server tells how far it has come, and how a stream of its binlog is compared with that. A server with GTIDs
 * names every transaction; any other one is followed by binlog file and position. Positions are text, for the state
 * table.
 */
export interface History {
  /** A position of now: whatever is not visible to other sessions yet comes after it. */
  now(session: Session): Promise<string>;
  /** An exact resume needs every transaction since the position, from this server's history (E4). */
  assertKept(session: Session, position: string): Promise<void>;
  tracker(position: string): Tracker;
  startOf(position: string): BinlogStart;
  /** How far a stream has to come to have brought everything that is committed by now. */
  goal(session: Session): Promise<string>;
  reached(session: Session, received: string, goal: string): Promise<boolean>;
  /** Waits, not for long, until transactions received from the stream are visible to other sessions (E2). */
  isVisible(session: Session, fence: string): Promise<boolean>;
}

/** Follows how far a stream has come. A transaction is known by the name that `begin` gives it. */
export interface Tracker {
  /** Everything received, prepared transactions included. */
  readonly received: string;
  /** Everything received that needs not be sent again once the captured keys are flushed. */
  readonly position: string;
  begin(gtid: string | undefined): string;
  /** It ends at this place in the binlog. A prepared one holds the position back until it is settled. */
  end(name: string, at: Coordinate | undefined, outcome: 'complete' | 'prepared'): void;
  settle(name: string): void;
  /** A place between two transactions. */
  moved(at: Coordinate | undefined): void;
  /** What `isVisible` needs to know of these transactions; '' for none. */
  fence(names: readonly string[]): string;
}

const FENCE_SECONDS = 1;

/**
 * The history that a change follows: it keeps to the kind of position that it began with, as a server's GTIDs may be
 * turned on meanwhile. `commitMarker` commits a transaction of our own that is written to the binlog.
 */
export async function historyOf(
  session: Session,
  position: string | null,
  commitMarker: () => Promise<void>,
): Promise<History> {
  const byFile = position === null ? !(await namesEveryTransaction(session)) : isFilePosition(position);
  return byFile ? new FileHistory(commitMarker) : new GtidHistory();
}

async function namesEveryTransaction(session: Session): Promise<boolean> {
  const [row] = await session.query<{ mode: string; enforced: string }>(
    'SELECT @@GLOBAL.gtid_mode AS mode, @@GLOBAL.enforce_gtid_consistency AS enforced',
  );
  return row?.mode === 'ON' && row.enforced === 'ON';
}

/** With GTIDs: a position is the set of transactions that are done. */
export class GtidHistory implements History {
  async now(session: Session): Promise<string> {
    const [row] = await session.query<{ executed: string }>('SELECT @@GLOBAL.gtid_executed AS executed');
    return GtidSet.parse((row?.executed ?? '').replace(/\s/g, '')).toString();
  }

  async assertKept(session: Session, position: string): Promise<void> {
    const [row] = await session.query<{ kept: number; known: number; purged: string }>(
      'SELECT GTID_SUBSET(@@GLOBAL.gtid_purged, ?) AS kept, GTID_SUBSET(?, @@GLOBAL.gtid_executed) AS known, GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?) AS purged',
      [position, position, position],
    );
    if (row?.known !== 1) throw anotherHistory();
    if (row.kept !== 1) throw purged(row.purged.slice(0, 120));
  }

  tracker(position: string): Tracker {
    return new GtidTracker(position);
  }

  startOf(position: string): BinlogStart {
    return { gtidSet: position };
  }

  async goal(session: Session): Promise<string> {
    const [row] = await session.query<{ executed: string }>('SELECT @@GLOBAL.gtid_executed AS executed');
    return row?.executed ?? '';
  }

  async reached(session: Session, received: string, goal: string): Promise<boolean> {
    const [row] = await session.query<{ missing: string }>('SELECT GTID_SUBTRACT(?, ?) AS missing', [goal, received]);
    return (row?.missing ?? '') === '';
  }

  async isVisible(session: Session, fence: string): Promise<boolean> {
    const [row] = await session.query<{ late: number }>('SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS late', [
      fence,
      FENCE_SECONDS,
    ]);
    return row?.late === 0;
  }
}

class GtidTracker implements Tracker {
  readonly #received: GtidSet;
  readonly #position: GtidSet;

  constructor(position: string) {
    this.#received = GtidSet.parse(position);
    this.#position = GtidSet.parse(position);
  }

  get received(): string {
    return this.#received.toString();
  }

  get position(): string {
    return this.#position.toString();
  }

  begin(gtid: string | undefined): string {
    if (gtid === undefined)
      throw new SternaError(
        'binlog_unreadable',
        'Expected a GTID on every transaction in the binlog, found an anonymous one. Set gtid_mode=ON.',
      );
    return gtid;
  }

  end(name: string, _: Coordinate | undefined, outcome: 'complete' | 'prepared'): void {
    this.#received.add(name);
    if (outcome === 'complete') this.#position.add(name);
  }

  settle(name: string): void {
    this.#position.add(name);
  }

  moved(): void {
    // Only transactions count.
  }

  fence(names: readonly string[]): string {
    const set = new GtidSet();
    for (const name of names) set.add(name);
    return set.toString();
  }
}

/** A place in the binlog of one server, which no other server shares. */
interface FilePosition extends Coordinate {
  /** `server_uuid` */
  readonly server: string;
}

/** The protocol's largest position to start from. A file grows beyond it only by one huge transaction at its end. */
const MAX_START = 2 ** 32 - 1;

/**
 * Without GTIDs: file and position. The server commits in the order of its binlog (`binlog_order_commits`), so once a
 * transaction of our own is committed, everything before it in the binlog is visible.
 */
export class FileHistory implements History {
  constructor(
    /** Commits a transaction of our own that is written to the binlog. */
    private readonly commitMarker: () => Promise<void>,
  ) {}

  async now(session: Session): Promise<string> {
    const [row] = await session.query<{ server: string }>('SELECT @@server_uuid AS server');
    const { file, position } = await endOfBinlog(session);
    await this.isVisible(session);
    return JSON.stringify({ server: row?.server ?? '', file, position } satisfies FilePosition);
  }

  async assertKept(session: Session, position: string): Promise<void> {
    const saved = parsePosition(position);
    const [row] = await session.query<{ server: string }>('SELECT @@server_uuid AS server');
    if (row?.server !== saved.server) throw anotherHistory();
    const logs = await session.query<{ Log_name: string; File_size: number | string }>('SHOW BINARY LOGS');
    const log = logs.find(({ Log_name: name }) => name === saved.file);
    if (log === undefined) throw purged(saved.file);
    if (Number(log.File_size) < saved.position) throw anotherHistory();
  }

  tracker(position: string): Tracker {
    return new FileTracker(parsePosition(position));
  }

  startOf(position: string): BinlogStart {
    const { file, position: offset } = parsePosition(position);
    return { file, position: offset };
  }

  async goal(session: Session): Promise<string> {
    return JSON.stringify(await endOfBinlog(session));
  }

  reached(_: Session, received: string, goal: string): Promise<boolean> {
    return Promise.resolve(compare(parsePosition(received), parsePosition(goal)) >= 0);
  }

  async isVisible(session: Session): Promise<boolean> {
    await this.commitMarker();
    const [row] = await session.query<{ ordered: number }>('SELECT @@GLOBAL.binlog_order_commits AS ordered');
    if (row?.ordered !== 1)
      throw new SternaError(
        'binlog_unsuitable',
        'Expected binlog_order_commits ON on a server without GTIDs, found OFF: nothing tells when a change is visible. SET GLOBAL binlog_order_commits = ON. Sterna tries again.',
      );
    return true;
  }
}

class FileTracker implements Tracker {
  readonly #server: string;
  #received: Coordinate;
  #safe: Coordinate;
  /** Transactions begun or prepared -> where they begin. */
  readonly #open = new Map<string, Coordinate>();
  readonly #prepared = new Set<string>();
  #count = 0;

  constructor({ server, ...start }: FilePosition) {
    this.#server = server;
    this.#received = start;
    this.#safe = start;
  }

  get received(): string {
    return JSON.stringify(this.#received);
  }

  get position(): string {
    const oldest = [...this.#prepared].map((name) => this.#open.get(name)).find((start) => start !== undefined);
    const position = oldest ?? this.#received;
    if (position.position <= MAX_START) this.#safe = position;
    return JSON.stringify({ server: this.#server, ...this.#safe });
  }

  begin(): string {
    this.#count += 1;
    const name = String(this.#count);
    this.#open.set(name, this.#received);
    return name;
  }

  end(name: string, at: Coordinate | undefined, outcome: 'complete' | 'prepared'): void {
    this.moved(at);
    if (outcome === 'prepared') this.#prepared.add(name);
    else this.#open.delete(name);
  }

  settle(name: string): void {
    this.#prepared.delete(name);
    this.#open.delete(name);
  }

  moved(at: Coordinate | undefined): void {
    if (at === undefined) throw new SternaError('internal', 'Expected every binlog event to have a place, found none.');
    const created = at.file === this.#received.file ? this.#received.created : undefined;
    // After a RESET BINARY LOGS a file of the same name may be another one.
    if (created !== undefined && at.created !== undefined && at.created !== created) throw anotherHistory();
    this.#received = created === undefined ? at : { ...at, created };
  }

  fence(names: readonly string[]): string {
    return names.length === 0 ? '' : 'marker';
  }
}

/** Where the server writes next. */
async function endOfBinlog(session: Session): Promise<Coordinate> {
  type Status = { File: string; Position: number | string };
  const what = (await serverHas(session, 'binaryLogStatus')) ? 'BINARY LOG' : 'MASTER';
  const [row] = await session.query<Status>(`SHOW ${what} STATUS`);
  if (row === undefined)
    throw new SternaError('binlog_unsuitable', 'Expected log_bin ON for an online copy, found no binlog.');
  return { file: row.File, position: Number(row.Position) };
}

function parsePosition(text: string): FilePosition {
  return JSON.parse(text) as FilePosition;
}

/** Whether a saved position is one of file and position. */
function isFilePosition(position: string): boolean {
  return position.startsWith('{');
}

/** Negative when `a` is before `b`. Files are numbered; the number grows by a digit when it has to. */
export function compare(a: Coordinate, b: Coordinate): number {
  return fileNumber(a.file) - fileNumber(b.file) || a.position - b.position;
}

function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? NaN);
}

function anotherHistory(): SternaError {
  return new SternaError(
    'position_lost',
    'Expected the saved position to be part of the history of this server, found another history (a failover, or another server). Cancel the change and plan again.',
  );
}

function purged(what: string): SternaError {
  return new SternaError(
    'position_lost',
    `Expected all binlogs since the saved position, but ${what} is purged. Cancel the change and plan again.`,
  );
}

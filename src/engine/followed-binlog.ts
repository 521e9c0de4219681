import { randomInt } from 'node:crypto';
import type { BinlogEvent, BinlogStream, BinlogStreamOptions, MysqlServer } from '../mysql/index.js';
import { Capture, type CapturedTable } from './capture.js';
import type { History } from './history.js';

/** Keys that wait at most; above it the stream is paused until they are flushed. */
const MAX_PENDING_KEYS = 200_000;

export type OpenStream = (
  server: MysqlServer,
  options: BinlogStreamOptions,
) => Promise<Pick<BinlogStream, 'pause' | 'resume' | 'close'>>;

export interface FollowedBinlogOptions {
  readonly openStream: OpenStream;
  readonly server: MysqlServer;
  readonly attributes: Record<string, string>;
  readonly history: History;
  /** Where to begin. */
  readonly position: string;
  readonly tables: readonly CapturedTable[];
  /** Called with each event that was captured. */
  readonly look: (event: BinlogEvent, capture: Capture) => void;
  readonly onError: (error: Error) => void;
}

/** The binlog as a driver follows it: the stream, and what is captured from it. */
export class FollowedBinlog {
  readonly capture: Capture;
  #stream: Awaited<ReturnType<OpenStream>> | undefined;
  #wake: (() => void) | undefined;
  #paused = false;
  #receivedAt = Date.now();

  private constructor(private readonly options: FollowedBinlogOptions) {
    this.capture = new Capture(options.tables, options.history.tracker(options.position));
  }

  static async open(options: FollowedBinlogOptions): Promise<FollowedBinlog> {
    const { server, attributes, history, position, tables } = options;
    const followed = new FollowedBinlog(options);
    const names: Record<string, string[]> = {};
    for (const { namespace, table } of tables) (names[namespace] ??= []).push(table);
    followed.#stream = await options.openStream(server, {
      from: history.startOf(position),
      serverId: randomInt(2 ** 31, 2 ** 32 - 1),
      tables: names,
      attributes,
      onEvent: (event) => followed.#receive(event),
      onError: (error) => {
        options.onError(error);
        followed.#wake?.();
      },
    });
    return followed;
  }

  /** When the last event came, in milliseconds since 1970; at first, when the stream was asked for. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** More keys wait than may: they have to be flushed first. */
  get isFull(): boolean {
    return this.capture.pendingKeys >= MAX_PENDING_KEYS;
  }

  /** After keys were taken. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  /** Returns with the next event or error, and after so many milliseconds at the latest. */
  async nextEvent(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.close();
  }

  #receive(event: BinlogEvent): void {
    this.#receivedAt = Date.now();
    this.capture.receive(event);
    this.#wake?.();
    if (!this.#paused && this.isFull) {
      this.#paused = true;
      this.#stream?.pause();
    }
    this.options.look(event, this.capture);
  }
}

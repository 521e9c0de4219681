import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assertCompleted, assertKnownVersion } from '../../src/mysql/binlog-columns.js';
import { BinlogStream, MysqlServer } from '../../src/mysql/index.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { connect, connectionConfig } from '../support/servers.js';
import { until } from '../support/until.js';

let mysql: MysqlProcess;
let server: MysqlServer;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
  server = await MysqlServer.open(connectionConfig(mysql.server));
});
afterAll(async () => {
  await server.close();
  await mysql[Symbol.asyncDispose]();
});

type Images = Readonly<Record<string, unknown>>[];

/** What the stream has of the tables `t` and `u`, from now on. */
class Reading implements AsyncDisposable {
  readonly images = { t: [] as Images, u: [] as Images };
  #failed: unknown;
  #stream: BinlogStream | undefined;
  private constructor(private readonly space: TestNamespace) {}

  static async start(space: TestNamespace): Promise<Reading> {
    const reading = new Reading(space);
    const [row] = await space.query<{ done: string }>('SELECT @@GLOBAL.gtid_executed AS done');
    reading.#stream = await BinlogStream.open(server, {
      from: { gtidSet: row?.done ?? '' },
      serverId: 4_000_000_000,
      tables: { [space.name]: ['t', 'u'] },
      attributes: {},
      onEvent: (event) => {
        if (event.kind === 'rows') reading.images[event.table as 't' | 'u'].push(...event.images);
      },
      onError: (error) => (reading.#failed = error),
    });
    return reading;
  }

  /** Runs statements, and waits for the row images that they make. */
  async write(images: number, ...statements: string[]): Promise<void> {
    const { t, u } = this.images;
    const wanted = t.length + u.length + images;
    for (const statement of statements) await this.space.query(statement);
    await until('the rows have come', () => {
      expect(this.#failed).toBeUndefined();
      return t.length + u.length >= wanted;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream?.close();
  }
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const nulls = (names: string): object => Object.fromEntries(Array.from(names, (name) => [name, null]));

describe.each(['MINIMAL', 'FULL'])('a stream with binlog_row_metadata=%s', (metadata) => {
  let space: TestNamespace;
  beforeAll(async () => {
    const connection = await connect(mysql.server);
    await connection.query(`SET GLOBAL binlog_row_metadata = ${metadata}`);
    await connection.end();
  });
  const inSpace = async (work: () => Promise<void>): Promise<void> => {
    const warned = vi.spyOn(console, 'warn');
    space = await TestNamespace.create('stream', mysql.server);
    try {
      await work();
    } finally {
      await space.drop();
    }
    expect(warned).not.toHaveBeenCalled();
  };

  it('has every string as its bytes, in charsets that nobody but the server knows, too', () =>
    inSpace(async () => {
      await space.query(`CREATE TABLE t (
        a CHAR(9) CHARACTER SET gbk, b VARCHAR(9) CHARACTER SET latin1, c CHAR(9) CHARACTER SET utf16, d BINARY(4),
        e VARBINARY(300), f VARCHAR(300) CHARACTER SET swe7, g TINYTEXT CHARACTER SET dec8, h LONGTEXT CHARACTER SET hp8,
        i BLOB, j VARCHAR(9) CHARACTER SET geostd8, k CHAR(60) CHARACTER SET keybcs2, l CHAR(255) CHARACTER SET utf8mb4)`);
      await using reading = await Reading.start(space);
      await reading.write(
        2,
        `INSERT INTO t VALUES ('汉  ', X'81E92020', 'é ', X'0100', X'2000', 'åä ', X'E9', X'E9', X'FF00', X'C0', X'80', '😀 ')`,
        'INSERT INTO t VALUES ()',
      );
      expect(reading.images.t).toEqual([
        {
          a: hex('baba'),
          b: hex('81e92020'),
          c: hex('00e9'),
          d: hex('01'),
          e: hex('2000'),
          f: hex('7d7b20'),
          g: hex('e9'),
          h: hex('e9'),
          i: hex('ff00'),
          j: hex('c0'),
          k: hex('80'),
          l: Buffer.from('😀'),
        },
        nulls('abcdefghijkl'),
      ]);
    }));

  it('reads what stands before, between and behind VECTORs, in several tables', () =>
    inSpace(async () => {
      await space.query(`CREATE TABLE t (
        a VECTOR(3), b INT UNSIGNED, c VARCHAR(9) CHARACTER SET latin1, d VECTOR(1), e BINARY(2), f DECIMAL(9,3),
        g ENUM('x', 'ä') CHARACTER SET swe7, h DATETIME(3), i VECTOR, j BIGINT UNSIGNED, k POINT, l JSON, m VECTOR(2))`);
      await space.query('CREATE TABLE u (a VARCHAR(9), b VECTOR(2) NOT NULL, c BIGINT)');
      await using reading = await Reading.start(space);
      await reading.write(
        5,
        "INSERT INTO u VALUES ('é', TO_VECTOR('[1,2]'), -5)",
        `INSERT INTO t VALUES (TO_VECTOR('[1,2,3]'), 4294967295, X'81', TO_VECTOR('[0]'), X'01', -1.5, 'ä', '2026-01-02 03:04:05.678', NULL, 18446744073709551615, NULL, NULL, TO_VECTOR('[1,1]'))`,
        'START TRANSACTION',
        "INSERT INTO t (b, j, m) VALUES (7, 8, TO_VECTOR('[2,2]'))",
        'UPDATE u SET c = 6', // the maps of both tables in one transaction
        'COMMIT',
      );
      expect(reading.images.u).toEqual([
        { a: Buffer.from('é'), b: hex('0000803f00000040'), c: -5 },
        { a: Buffer.from('é'), b: hex('0000803f00000040'), c: -5 },
        { a: Buffer.from('é'), b: hex('0000803f00000040'), c: 6 },
      ]);
      const [full, rest] = reading.images.t;
      expect(full).toMatchObject({
        ...{ a: hex('0000803f0000004000004040'), b: 4294967295, c: hex('81'), d: hex('00000000'), e: hex('01') },
        ...{ f: '-1.500', h: '2026-01-02 03:04:05.678', i: null, j: '18446744073709551615', k: null, l: null },
        m: hex('0000803f0000803f'),
      });
      expect(rest).toEqual({ ...nulls('acdefghikl'), b: 7, j: 8, m: hex('0000004000000040') });
    }));

  it('reads a table whose columns change in between', () =>
    inSpace(async () => {
      await space.query('CREATE TABLE t (id INT, a VARCHAR(9) CHARACTER SET gbk, b INT)');
      await using reading = await Reading.start(space);
      await reading.write(1, "INSERT INTO t VALUES (1, '漢', 2)");
      await reading.write(
        1,
        'ALTER TABLE t ADD COLUMN e VECTOR(1) FIRST, MODIFY a VARCHAR(9) CHARACTER SET big5',
        "INSERT INTO t VALUES (TO_VECTOR('[1]'), 1, '漢', 3)",
      );
      await reading.write(
        1,
        'ALTER TABLE t DROP COLUMN e, ADD COLUMN c VARCHAR(9) CHARACTER SET swe7 FIRST',
        "INSERT INTO t VALUES ('å', 1, '漢', 4)",
      );
      expect(reading.images.t).toEqual([
        { id: 1, a: hex('9d68'), b: 2 },
        { e: hex('0000803f'), id: 1, a: hex('ba7e'), b: 3 },
        { c: hex('7d'), id: 1, a: hex('ba7e'), b: 4 },
      ]);
    }));
});

it('refuses a second copy of the reader, which was not completed', () => {
  expect(() => assertCompleted({})).toThrow(expect.objectContaining({ code: 'binlog_unreadable' }));
});

it('refuses a reader of another version, which may read columns in another way', () => {
  expect(() => assertKnownVersion({ version: '0.9.0' })).not.toThrow();
  expect(() => assertKnownVersion({ version: '0.9.1' })).toThrow(
    expect.objectContaining({ code: 'binlog_unreadable', message: expect.stringContaining('found 0.9.1') as string }),
  );
});

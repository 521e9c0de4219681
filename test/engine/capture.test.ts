import { describe, expect, it } from 'vitest';
import { Capture, type CapturedTable, parseXa, touches } from '../../src/engine/capture.js';
import { GtidHistory } from '../../src/engine/history.js';
import type { BinlogEvent } from '../../src/mysql/index.js';

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const table: CapturedTable = {
  id: 'shop.orders',
  namespace: 'shop',
  table: 'orders',
  key: { indexName: 'PRIMARY', parts: [{ name: 'id', kind: 'integer' }] },
};

const begin = (n: number): BinlogEvent => ({ kind: 'begin', gtid: `${UUID}:${n}` });
const rows = (...ids: number[]): BinlogEvent => ({
  kind: 'rows',
  namespace: 'shop',
  table: 'orders',
  images: ids.map((id) => ({ id })),
});
const commit: BinlogEvent = { kind: 'commit', rows: true };
const statement = (sql: string, namespace = 'shop'): BinlogEvent => ({ kind: 'statement', namespace, sql });

function captureOf(...events: BinlogEvent[]): Capture {
  const capture = new Capture([table], new GtidHistory().tracker(`${UUID}:1-10`));
  for (const event of events) capture.receive(event);
  return capture;
}

describe('Capture', () => {
  it('counts a transaction only when it is complete, since a half one would be cut at a restart (E4)', () => {
    const capture = captureOf(begin(11), rows(1, 2));
    expect(capture.take()).toMatchObject({ fence: '', position: `${UUID}:1-10` });
    capture.receive(commit);
    const batch = capture.take();
    expect([...(batch.keys.get('shop.orders')?.keys() ?? [])]).toEqual(['1', '2']);
    expect(batch).toMatchObject({ fence: `${UUID}:11`, position: `${UUID}:1-11` });
  });

  it('fences only on transactions that changed a captured table, but moves past the others', () => {
    const batch = captureOf(begin(11), commit, begin(12), rows(5), commit, begin(13), commit).take();
    expect(batch).toMatchObject({ fence: `${UUID}:12`, position: `${UUID}:1-13` });
  });

  it('counts a DDL statement at once, since a quiet server sends nothing after it', () => {
    const batch = captureOf(begin(11), statement('CREATE TABLE other (id INT)'));
    expect(batch.received).toBe(`${UUID}:1-11`);
    expect(batch.take().position).toBe(`${UUID}:1-11`);
  });

  it('does not count a transaction at a savepoint, after which its rows may come', () => {
    const capture = captureOf(begin(11), statement('SAVEPOINT a'), rows(3));
    expect(capture.received).toBe(`${UUID}:1-10`);
    capture.receive(commit);
    expect(capture.pendingKeys).toBe(1);
  });

  it('keeps a key once, however often it changes', () => {
    const capture = captureOf(begin(11), rows(5, 5), commit, begin(12), rows(5), commit);
    expect(capture.pendingKeys).toBe(1);
    expect(capture.isPending('shop.orders', ['5'])).toBe(true);
    capture.take();
    expect(capture.isPending('shop.orders', ['5'])).toBe(false);
  });

  it('lets the keys of a prepared XA transaction wait for its commit, and the position with them (E2)', () => {
    const xid = "X'61',X'',1";
    const capture = captureOf(begin(11), statement(`XA START ${xid}`), rows(7), statement(`XA END ${xid}`), {
      kind: 'prepare',
      xid: '61::1',
    });
    capture.receive(begin(12));
    capture.receive(rows(8));
    capture.receive(commit);
    const before = capture.take();
    expect([...(before.keys.get('shop.orders')?.keys() ?? [])]).toEqual(['8']);
    expect(before.position).toBe(`${UUID}:1-10:12`);
    expect(capture.isPending('shop.orders', ['7'])).toBe(true);
    expect(capture.preparedTransactions).toEqual(['61::1']);
    capture.receive(begin(13));
    capture.receive(statement(`XA COMMIT ${xid}`));
    const after = capture.take();
    expect([...(after.keys.get('shop.orders')?.keys() ?? [])]).toEqual(['7']);
    expect(after).toMatchObject({ fence: `${UUID}:13`, position: `${UUID}:1-13` });
    expect(capture.preparedTransactions).toEqual([]);
  });

  it('forgets the keys of an XA transaction that is rolled back', () => {
    const xid = "X'61',X'62',1";
    const capture = captureOf(
      begin(11),
      rows(7),
      { kind: 'prepare', xid: '61:62:1' },
      begin(12),
      statement(`XA ROLLBACK ${xid}`),
    );
    expect(capture.take()).toMatchObject({ position: `${UUID}:1-12`, keys: new Map() });
  });

  it.each([
    ['ALTER TABLE orders ADD COLUMN a INT', 'table_changed_underneath'],
    ['/* hint */ TRUNCATE `orders`', 'table_changed_underneath'],
    ['RENAME TABLE a TO orders', 'table_changed_underneath'],
    ['DROP TABLE `shop`.`orders`', 'table_changed_underneath'],
    ['CREATE DEFINER=`a`@`%` TRIGGER g BEFORE INSERT ON orders FOR EACH ROW SET NEW.k = 1', 'table_changed_underneath'],
    ['CREATE TABLE lines (o INT REFERENCES orders (id))', 'table_changed_underneath'],
    ['UPDATE orders SET k = 1', 'binlog_unreadable'],
    ['WITH x AS (SELECT 1) UPDATE orders SET k = 1', 'binlog_unreadable'],
    ['INSERT INTO log VALUES (1)', 'binlog_unreadable'], // whose trigger may write to the table
    ['SELECT f()', 'binlog_unreadable'],
  ])('ends the change on "%s", which no row event tells of (E2)', (sql, code) => {
    expect(() => captureOf(begin(11), statement(sql))).toThrow(expect.objectContaining({ code }));
  });

  it('ends the change at rows that came by an event of another kind, and at no other unknown event (E2)', () => {
    const unknown = { kind: 'unknown' } as const;
    expect(() => captureOf(begin(11), unknown, commit)).toThrow(expect.objectContaining({ code: 'binlog_unreadable' }));
    const others = captureOf(unknown, begin(11), unknown, { kind: 'commit', rows: false }, unknown);
    expect(others.received).toBe(`${UUID}:1-11`);
  });

  it('refuses transactions without a GTID, which no fence can wait for', () => {
    expect(() => captureOf({ kind: 'begin', gtid: undefined })).toThrow(
      expect.objectContaining({ code: 'binlog_unreadable' }),
    );
  });
});

describe('touches', () => {
  it.each([
    'ALTER TABLE orders_archive ADD COLUMN a INT',
    'CREATE TABLE `_orders_sterna_new` LIKE `orders`',
    'ALTER TABLE `shop`.`_orders_sterna_new` ADD KEY `orders` (`a`)',
    'CREATE USER orders',
    'ANALYZE TABLE orders',
    'GRANT SELECT ON orders TO x',
    'SAVEPOINT orders',
    'CREATE DEFINER=`a`@`%` PROCEDURE p () SELECT * FROM orders',
    'CREATE DEFINER=`a`@`%` EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders',
    'CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`%` SQL SECURITY DEFINER VIEW v AS SELECT * FROM orders',
  ])('leaves alone: %s', (sql) => {
    expect(touches(table, 'shop', sql)).toBe(false);
  });

  it('looks at the schema: a table of the same name elsewhere is none of ours', () => {
    expect(touches(table, 'other', 'ALTER TABLE orders ADD COLUMN a INT')).toBe(false);
    expect(touches(table, 'other', 'ALTER TABLE shop.orders ADD COLUMN a INT')).toBe(true);
  });
});

describe('parseXa', () => {
  it('reads the identifiers as the server writes them', () => {
    expect(parseXa("XA COMMIT X'6162',X'63',7")).toEqual({ verb: 'COMMIT', xid: '6162:63:7' });
    expect(parseXa('COMMIT')).toBeUndefined();
  });
});

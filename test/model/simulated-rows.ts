import { SternaError } from '../../src/contract/index.js';
import type { KeyLiterals, KeyRange } from '../../src/engine/key.js';
import { TableRows } from '../../src/engine/table-rows.js';
import type { Session } from '../../src/mysql/index.js';
import { CHUNK_ROWS, TASK } from './change.js';
import { NAMESPACE, type SimulatedServer, TABLE, type Transaction } from './simulated-server.js';
import { on } from './simulated-session.js';

/** Rows are pairs of a key and a value; the SQL of the real ones is tested on real servers. */
export class SimulatedRows extends TableRows {
  constructor(private readonly integerKey: boolean) {
    super(
      TASK.id,
      NAMESPACE,
      TABLE,
      { indexName: 'PRIMARY', parts: [{ name: 'id', kind: integerKey ? 'integer' : 'decimal' }] },
      [],
      [],
    );
  }

  override get hasSingleIntegerKey(): boolean {
    return this.integerKey;
  }

  override async copy(session: Session, range: KeyRange): Promise<{ rows: number }> {
    const { server, process, transactionOpen: own } = on(session);
    const read = on(session).call(() => [...server.original].filter(([key]) => isIn(range, key)));
    const insert = async (): Promise<{ rows: number }> => {
      const snapshot = await read;
      return on(session).call(
        (transaction) => {
          const present = server.shadowSeenBy(transaction);
          // Without the barrier nobody hears of a refusal.
          const heard = process.removal !== 'the barrier';
          if (heard && snapshot.length > 1 && server.scheduler.choose(ONE_TOO_LARGE_IN) === 1) throw tooLarge();
          const missing = snapshot.filter(([key]) => !present.has(key));
          for (const [key, value] of missing) change(transaction, server, key, value);
          return { rows: missing.length };
        },
        () =>
          own === undefined ||
          server.canChange(
            own,
            snapshot.map(([key]) => key),
          ),
      );
    };
    const inserted = insert();
    if (process.removal !== 'the barrier') return inserted;
    // The caller hears of it at once and goes on; so does the server.
    void inserted.catch((error: unknown) => server.scheduler.fail(error));
    return { rows: CHUNK_ROWS };
  }

  override async flush(session: Session, keys: readonly KeyLiterals[]): Promise<void> {
    const { server, process } = on(session);
    if (process.removal === 'the last flush under the lock' && server.lockedBy === on(session)) return;
    if (keys.length === 0) return;
    const wanted = keys.map(([key]) => Number(key));
    const own = on(session).transactionOpen;
    const ready = (): boolean => own === undefined || server.canChange(own, wanted);
    const gone = await on(session).call((transaction) => {
      const shadow = server.shadowSeenBy(transaction);
      return wanted.filter((key) => shadow.has(key) && !server.original.has(key));
    });
    if (gone.length > 0)
      await on(session).call((transaction) => gone.forEach((key) => change(transaction, server, key, null)), ready);
    const snapshot = await on(session).call(() => [...server.original].filter(([key]) => wanted.includes(key)));
    await on(session).call(
      (transaction) => snapshot.forEach(([key, value]) => change(transaction, server, key, value)),
      ready,
    );
  }

  override async deleteAbove(
    session: Session,
    watermark: KeyLiterals | null | undefined,
    limit: number,
  ): Promise<number> {
    const { server, process, transactionOpen: own } = on(session);
    if (process.removal === 'the deletion above the watermark') return 0;
    const from = watermark ? Number(watermark[0]) : -Infinity;
    const above = (): number[] => [...server.shadowSeenBy(own).keys()].filter((key) => key >= from).slice(0, limit);
    return on(session).call(
      (transaction) => {
        const keys = above();
        for (const key of keys) change(transaction, server, key, null);
        return keys.length;
      },
      () => own === undefined || server.canChange(own, above()),
    );
  }

  override equal(session: Session, range: KeyRange): Promise<{ equal: boolean; rows: number }> {
    const { server } = on(session);
    return on(session).call((transaction) => {
      const [a, b] = [server.original, server.shadowSeenBy(transaction)].map((rows) =>
        JSON.stringify([...rows].filter(([key]) => isIn(range, key)).sort(([x], [y]) => x - y)),
      );
      return { equal: a === b, rows: CHUNK_ROWS };
    });
  }

  override differing(session: Session, where: KeyRange | readonly KeyLiterals[]): Promise<KeyLiterals[]> {
    const { server } = on(session);
    return on(session).call((transaction) => {
      const shadow = server.shadowSeenBy(transaction);
      const asked = (key: number): boolean =>
        Array.isArray(where)
          ? (where as KeyLiterals[]).some(([literal]) => Number(literal) === key)
          : isIn(where as KeyRange, key);
      return [...new Set([...server.original.keys(), ...shadow.keys()])]
        .filter((key) => asked(key) && server.original.get(key) !== shadow.get(key))
        .map((key) => [String(key)]);
    });
  }

  override keyAfter(
    session: Session,
    from: KeyLiterals | undefined,
    offset: number,
    to?: KeyLiterals,
  ): Promise<KeyLiterals | null> {
    const { server } = on(session);
    return on(session).call(() => {
      const keys = [...server.original.keys()]
        .sort((a, b) => a - b)
        .filter((key) => key >= Number(from?.[0] ?? -Infinity) && key < Number(to?.[0] ?? Infinity));
      const key = keys[offset];
      return key === undefined ? null : [String(key)];
    });
  }

  override maximum(session: Session): Promise<bigint | null> {
    const { server } = on(session);
    return on(session).call(() => (server.original.size === 0 ? null : BigInt(Math.max(...server.original.keys()))));
  }
}

/** One chunk in so many of more than one row is refused, as by a binlog cache that is too small. */
const ONE_TOO_LARGE_IN = 8;

function tooLarge(): SternaError {
  return new SternaError('sql_error', 'too large', { cause: Object.assign(new Error('too large'), { errno: 1197 }) });
}

function isIn({ from, to }: KeyRange, key: number): boolean {
  return (from === undefined || key >= Number(from[0])) && (to === undefined || key < Number(to[0]));
}

function change(
  transaction: Transaction | undefined,
  server: SimulatedServer,
  key: number,
  value: number | null,
): void {
  if (transaction !== undefined) transaction.shadow.set(key, value);
  else if (value === null) server.shadow.delete(key);
  else server.shadow.set(key, value);
}

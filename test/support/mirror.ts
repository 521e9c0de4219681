import { expect } from 'vitest';
import { MysqlServer, readDefinition } from '../../src/mysql/index.js';
import type { TestNamespace } from './namespace.js';
import { EngineChange } from './online-change.js';
import { connectionConfig } from './servers.js';
import { until } from './until.js';

/** `t`, and a table beside it to which everything is done as well, but for the change, which the server itself makes there. */
export const MIRRORED = ['mirror', 't'];

/** For what tests write, and for the server's own ALTER: nothing is refused, and times are in UTC as in a copy. */
export const MIRROR_SESSION =
  "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', cte_max_recursion_depth = 10000";

export async function both(space: TestNamespace, sql: (table: string) => string): Promise<void> {
  for (const table of MIRRORED) await space.query(sql(table));
}

/** Rows numbered `from` to below `to`: `values` are SQL over `n`. */
export function insertNumbered(
  space: TestNamespace,
  columns: string,
  values: string,
  from: number,
  to: number,
): Promise<void> {
  return both(
    space,
    (table) =>
      `INSERT INTO ${table} (${columns}) SELECT ${values} FROM (WITH RECURSIVE s (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < ${to}) SELECT n FROM s) q`,
  );
}

/** Copies and swaps `t` while `write` is called again and again: as it copies, as it holds and before the swap. */
export async function changeWhileWritten(
  space: TestNamespace,
  alter: string,
  write: (time: 1 | 2 | 3) => Promise<void>,
): Promise<void> {
  await using change = await EngineChange.planned(space, 't', alter);
  await change.prepare();
  await change.control({ volume: 4 });
  const copying = change.copy();
  copying.catch(() => undefined); // asserted below
  await until('it copies', () => change.progress.some((p) => p.phase === 'copying'), { intervalMs: 2 });
  await write(1);
  await copying;
  const holding = change.hold();
  await until('it holds', () => change.progress.some((p) => p.phase === 'holding'), { intervalMs: 5 });
  await write(2);
  await change.control({ cutover: true });
  expect(await holding).toEqual({ outcome: 'asked' });
  await write(3);
  expect(await change.cutOver()).toMatchObject({ outcome: 'done' });
  await change.cleanUp();
  expect(change.logged.filter((line) => line.includes('differ'))).toEqual([]);
}

const EXACT_AS_TEXT = /int|decimal|double|date|time|year|json/;

/** Every row with every bit of every column, by `n`. */
export async function everyRow(space: TestNamespace, table: string): Promise<Record<string, unknown>[]> {
  const columns = await space.query<{ name: string; type: string }>(
    'SELECT COLUMN_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
    [table],
  );
  const shown = columns.map(({ name, type }) => {
    if (EXACT_AS_TEXT.test(type)) return `CAST(\`${name}\` AS CHAR) AS \`${name}\``;
    return type === 'float' ? `CAST(\`${name}\` AS DOUBLE) AS \`${name}\`` : `HEX(\`${name}\`) AS \`${name}\``;
  });
  return space.query(`SELECT ${shown.join(', ')} FROM \`${table}\` ORDER BY n`);
}

/** The definition under a name that both tables have. */
export async function definitionOf(space: TestNamespace, table: string): Promise<string> {
  const server = await MysqlServer.open(connectionConfig(space.server));
  await using session = await server.connect();
  const text = (await readDefinition(session, space.name, table)) ?? 'no table';
  await server.close();
  return text
    .replaceAll(`\`${table}\``, '`t`')
    .replaceAll(`\`${table}_chk_`, '`t_chk_')
    .replace(/ AUTO_INCREMENT=\d+/, '');
}

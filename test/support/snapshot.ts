import type { Connection } from 'mysql2/promise';

/** Every table of a schema: its definition to the letter, its counter, and the checksum of its rows. */
export async function snapshot(connection: Connection, schema: string): Promise<Record<string, string>> {
  const [listed] = await connection.query(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?',
    [schema],
  );
  const found: Record<string, string> = {};
  for (const { name } of listed as { name: string }[]) {
    const place = `\`${schema}\`.\`${name}\``;
    const [[definition]] = (await connection.query(`SHOW CREATE TABLE ${place}`)) as unknown as [[object]];
    const [[checksum]] = (await connection.query(`CHECKSUM TABLE ${place}`)) as unknown as [[object]];
    found[name] = JSON.stringify([definition, checksum]);
  }
  return found;
}

import type { TestNamespace } from './namespace.js';

/** Everything in the binlog up to now is gone, as when it has expired. */
export async function purgeBinlogs(space: TestNamespace): Promise<void> {
  await space.query('FLUSH BINARY LOGS');
  const [{ File: file } = { File: '' }] = await space.query<{ File: string }>('SHOW BINARY LOG STATUS');
  await space.query(`PURGE BINARY LOGS TO '${file}'`);
}

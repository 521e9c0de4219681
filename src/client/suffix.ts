import { randomBytes } from 'node:crypto';

/** Of a new change's id: sortable by time, unique without a look at the server. */
export function newSuffix(): string {
  return `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;
}

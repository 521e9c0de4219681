import { createHash } from 'node:crypto';

/** Names of what a change creates on the target, deterministic, so that any driver finds them again. */

export { oldName, shadowName } from '../mysql/index.js';

/** Of the table that keeps what a change has done, in its first task's schema. */
export function stateTableName(changeId: string): string {
  return `_sterna_${digest(changeId)}`;
}

/** Of the user lock under which a table is taken for a change. */
export function tableLockName(namespace: string, table: string): string {
  return `_sterna_table_${digest(JSON.stringify([namespace, table]))}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

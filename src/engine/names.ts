import { createHash } from 'node:crypto';

/** Names of what a change creates on the target, deterministic, so that any driver finds them again. */

export { oldName, shadowName } from '../mysql/index.js';

export function stateTableName(changeId: string): string {
  return `_sterna_${createHash('sha256').update(changeId).digest('hex').slice(0, 20)}`;
}

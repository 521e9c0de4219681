import type { Reason } from '../contract/index.js';
import type { Difference } from './diff.js';

/** What only a copy cannot do: the server's own ALTER keeps foreign keys, triggers and names, and converts members by their text. */
const LIFTED = ['foreign-key', 'trigger', 'no-tracked-key', 'tracked-key-changes', 'check', 'enum-reorder'];

/** What stands in the way of a direct change of a small table all the same. */
export function notLifted(reasons: readonly Reason[], differences: readonly Difference[]): Reason[] {
  // The server lets a trigger be that looks at a column that is gone, and every write would fail.
  const takesColumns = differences.some(({ kind }) => kind === 'drop-column' || kind === 'rename-column');
  return reasons.filter(({ code }) => !LIFTED.includes(code) || (code === 'trigger' && takesColumns));
}

import { isTableName } from './table-name.js';

/** A dropped table is kept for a while under another name, which says until when: a mistaken drop can be undone. */

const RETENTION_DAYS = 7;
const DAY_MS = 86_400_000;
/** In a planned statement, in place of the time: a plan is the same whenever it is made (P6). */
const TIME_OF_DROP = `{now+${RETENTION_DAYS}d}`;
const INFIX = '_sterna_dropped_';
/** `20260301101500`, in UTC. */
const TIME_LENGTH = 14;

/** The name in the plan; null when it would be too long. */
export function plannedDroppedName(table: string): string | null {
  const prefix = `_${table}${INFIX}`;
  return isTableName(prefix + '0'.repeat(TIME_LENGTH)) ? prefix + TIME_OF_DROP : null;
}

/** The planned statement as it runs now: the one thing in it that the plan leaves open is the time. */
export function atTime(statement: string, now: number): string {
  return statement.replace(TIME_OF_DROP, timeText(now + RETENTION_DAYS * DAY_MS));
}

/** The table that a name stands for and until when it is kept; null for any other name. */
export function parseDroppedName(name: string): { readonly table: string; readonly until: string } | null {
  const found = /^_(.+)_sterna_dropped_(\d{14})$/su.exec(name);
  return found === null ? null : { table: found[1] ?? '', until: found[2] ?? '' };
}

/** Whether the time has come until which a dropped table is kept. */
export function isPast(until: string, now: number): boolean {
  return until < timeText(now);
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, TIME_LENGTH);
}

import { createHash } from 'node:crypto';
import { changeId, type PlanRequest } from '../contract/index.js';

/** The same wish on the same target is the same change, so that the same command finds what it left. */
export function localChangeId({ target, environment, statements, schema }: PlanRequest): string {
  const wish = JSON.stringify([statements ?? null, schema ?? null]);
  const digest = createHash('sha256').update(wish).digest('hex').slice(0, 12);
  return changeId({ target, environment }, `local-${digest}`);
}

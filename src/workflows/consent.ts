import { assertConsent as check, type Plan, SternaError } from '../contract/index.js';
import { parseDuration, refusal } from './change-input.js';

/** P2, P3: the failure that reaches whoever asked has the stable code. */
export function assertConsent(plan: Plan, allowUnsafe: boolean): void {
  try {
    check(plan, allowUnsafe);
  } catch (error) {
    throw error instanceof SternaError ? refusal(error.code, error.message) : error;
  }
}

/** Throws when a revert window is asked for and nothing of the plan could be taken back in it. */
export function assertWindowFits(plan: Plan, revertWindow: string): void {
  if (parseDuration(revertWindow) === 0 || plan.tasks.length === 0) return;
  if (plan.tasks.some((task) => task.revertible === true)) return;
  const why = plan.tasks.map(
    ({ id, revertReasons = [] }) => `${id} (${revertReasons.map((reason) => reason.message).join('; ')})`,
  );
  throw refusal(
    'not_revertible',
    `Expected a plan of which something can be taken back, for a revert window of ${revertWindow}, found none: ${why.join(', ')}. Leave revertWindow out.`,
  );
}

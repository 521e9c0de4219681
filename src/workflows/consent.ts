import { type ApplyMessage, assertConsent as check, type Plan, SternaError } from '../contract/index.js';
import { parseDuration, refusal, type ResolvedOptions } from './change-input.js';

/** Throws unless the message approves this very plan, with all that it asks for; what it leaves out, the options say. */
export function assertMayApply(message: ApplyMessage, plan: Plan | undefined, options: ResolvedOptions): void {
  const { planHash, allowUnsafe = options.allowUnsafe, revertWindow = options.revertWindow } = message;
  if (planHash !== undefined && planHash !== plan?.planHash) {
    throw refusal(
      'plan_hash_differs',
      `Expected the approval of plan ${plan?.planHash ?? 'none'}, got one of plan ${planHash}. Read the plan again and approve its hash.`,
    );
  }
  if (!plan) return;
  assertConsent(plan, allowUnsafe);
  assertWindowFits(plan, revertWindow);
}

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

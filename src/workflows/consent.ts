import type { Plan, Safety } from '../contract/index.js';
import { parseDuration, refusal } from './change-input.js';

/** Throws unless this plan may run: P3 whatever the options say, P2 unless the loss is consented to. */
export function assertConsent(plan: Plan, allowUnsafe: boolean): void {
  const list = (safety: Safety): string =>
    plan.tasks
      .filter((task) => task.safety === safety)
      .map((task) => `${task.id} (${task.reasons.map((reason) => reason.message).join('; ')})`)
      .join(', ');
  const worst = worstSafety(plan);
  if (worst === 'blocked') {
    throw refusal(
      'plan_blocked',
      `Expected a plan that can be carried out safely, but these tables are blocked: ${list('blocked')}. No flag overrides it.`,
    );
  }
  if (worst === 'unsafe' && !allowUnsafe) {
    throw refusal(
      'unsafe_not_allowed',
      `Expected consent to what may lose data: ${list('unsafe')}. Apply with allowUnsafe if that is meant.`,
    );
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

export function worstSafety(plan: Plan): Safety {
  const found = new Set(plan.tasks.map((task) => task.safety));
  return found.has('blocked') ? 'blocked' : found.has('unsafe') ? 'unsafe' : 'safe';
}

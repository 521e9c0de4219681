import { SternaError } from './errors.js';
import type { Plan, Safety } from './plan.js';

/** Throws unless this plan may run: P3 whatever the options say, P2 unless the loss is consented to. */
export function assertConsent(plan: Plan, allowUnsafe: boolean): void {
  const list = (safety: Safety): string =>
    plan.tasks
      .filter((task) => task.safety === safety)
      .map((task) => `${task.id} (${task.reasons.map((reason) => reason.message).join('; ')})`)
      .join(', ');
  const worst = worstSafety(plan);
  if (worst === 'blocked') {
    throw new SternaError(
      'plan_blocked',
      `Expected a plan that can be carried out safely, but these tables are blocked: ${list('blocked')}. No flag overrides it.`,
    );
  }
  if (worst === 'unsafe' && !allowUnsafe) {
    throw new SternaError(
      'unsafe_not_allowed',
      `Expected consent to what may lose data: ${list('unsafe')}. Apply with allowUnsafe if that is meant.`,
    );
  }
}

/** The verdict on a plan: that of its worst task. */
export function worstSafety(plan: Plan): Safety {
  const found = new Set(plan.tasks.map((task) => task.safety));
  return found.has('blocked') ? 'blocked' : found.has('unsafe') ? 'unsafe' : 'safe';
}

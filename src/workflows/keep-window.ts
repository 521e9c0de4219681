import { condition } from '@temporalio/workflow';
import type { StepOutcome } from '../contract/index.js';
import type { ChangeMachine } from './change-machine.js';
import { toFailure } from './scopes.js';

/** Runs a step of the window; cuts it off when `halted` and its driver does not follow. */
type Attempt = (step: 'guardRevert' | 'revertTables', halted: () => boolean) => Promise<StepOutcome>;

/**
 * The story of a revert window: the replaced tables are guarded until its time is over or somebody asks for its end.
 * Whatever goes wrong in it makes it unsafe and nothing more: the new tables are the application's.
 */
export async function keepWindow(
  machine: ChangeMachine,
  ids: readonly string[],
  milliseconds: number,
  attempt: Attempt,
): Promise<void> {
  for (;;) {
    machine.openWindow(ids, milliseconds);
    await guard(machine, milliseconds, attempt);
    if (machine.window.asked !== 'revert') break;
    const outcome = await revert(machine, ids, attempt);
    if (outcome === 'reverted') return;
    if (outcome === 'given_up') break;
    // A revert that failed opens the window anew: nothing is dropped while somebody needs it.
  }
  machine.complete(ids, {});
}

async function guard(machine: ChangeMachine, milliseconds: number, attempt: Attempt): Promise<void> {
  const over = (): boolean => machine.window.asked !== undefined;
  const time = condition(over, milliseconds).then((asked) => {
    if (!asked) machine.window.finalize();
  });
  while (!over() && machine.window.unsafe === undefined) {
    try {
      const { outcome } = await attempt('guardRevert', over);
      // The target says stop though nobody asked for it here.
      if (outcome === 'stopped' && !over()) machine.window.guardOn();
    } catch (error) {
      unsafe(machine, error);
    }
  }
  await time;
}

async function revert(
  machine: ChangeMachine,
  ids: readonly string[],
  attempt: Attempt,
): Promise<'reverted' | 'given_up' | 'failed'> {
  try {
    for (;;) {
      const outcome = await attempt('revertTables', () => false);
      if (outcome.outcome === 'handover') continue;
      if (outcome.outcome !== 'stopped' || !ids.every((id) => outcome.swapped.includes(id))) {
        machine.reverted(ids);
        return 'reverted';
      }
      if (machine.window.asked === 'finalize') return 'given_up';
      machine.window.guardOn(); // the target says stop though nobody asked for it here
    }
  } catch (error) {
    unsafe(machine, error);
    // A finalize that came meanwhile gives the revert up as well.
    return machine.window.asked === 'finalize' ? 'given_up' : 'failed';
  }
}

function unsafe(machine: ChangeMachine, error: unknown): void {
  const { type, message } = toFailure(error);
  machine.window.markUnsafe({ code: type ?? 'internal', message });
}

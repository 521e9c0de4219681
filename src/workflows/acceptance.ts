import { type ChangeState, isTerminal, MESSAGE_NAMES, type MessageName, MESSAGES } from '../contract/index.js';
import { refusal } from './change-input.js';

/** What decides whether a message is accepted now. */
export interface Standing {
  readonly state: ChangeState;
  /** A stop was sent during a swap, and the target has not said yet whether it came in time. */
  readonly stopAsked: boolean;
  readonly cutoverRequested: boolean;
  readonly cancelRequested: boolean;
  /** What the revert window was asked to end with, and whether it can still end with a revert. */
  readonly windowAsked: 'revert' | 'finalize' | undefined;
  readonly revertUnsafe: boolean;
  /** Nothing but the clean-up is left. */
  readonly ending: boolean;
}

/** Names of the messages that are accepted now and do something. */
export function acceptedNow(standing: Standing): MessageName[] {
  const { state, cancelRequested, ending, windowAsked, cutoverRequested, revertUnsafe } = standing;
  if (cancelRequested || ending || windowAsked === 'finalize') return [];
  return MESSAGE_NAMES.filter(
    (name) =>
      MESSAGES[name].acceptedIn.includes(state) &&
      !(name === 'revert' && revertUnsafe) &&
      !(name === 'cutover' && cutoverRequested),
  );
}

/** Whether it was asked for before: answered with `already`, and nothing changes. */
export function isAlready(name: MessageName, standing: Standing): boolean {
  const { state, stopAsked, cutoverRequested, cancelRequested, windowAsked, ending } = standing;
  if (ending) return false;
  if (name === 'cancel') return cancelRequested && !isTerminal(state);
  if (cancelRequested) return false;
  if (windowAsked === 'finalize') return name === 'finalize';
  if (name === 'stop' && stopAsked) return true;
  if (name === 'cutover' && cutoverRequested && state === 'waiting_for_cutover') return true;
  return MESSAGES[name].alreadyIn.includes(state);
}

/** Throws `control_refused` with the state and what to do instead (C3). */
export function assertFits(name: MessageName, standing: Standing): void {
  const { state, cancelRequested, windowAsked, ending } = standing;
  const refuse = (expected: string, found: string, remedy: string): never => {
    throw refusal('control_refused', `Expected ${name} ${expected}; ${found}. ${remedy}.`);
  };
  if (ending) refuse('before the end of the change', 'nothing but its clean-up is left', 'Wait for its end');
  if (cancelRequested) refuse('before a cancel', 'the change is being cancelled', 'Wait for its end');
  if (windowAsked === 'finalize') refuse('before the end of the revert window', 'it ends', 'Wait for its end');
  const { acceptedIn } = MESSAGES[name];
  if (acceptedIn.includes(state)) return;
  const fitting = acceptedNow(standing);
  refuse(
    `in state ${acceptedIn.join(' or ')}`,
    `the change is ${state}`,
    fitting.length > 0 ? `What fits now: ${fitting.join(', ')}` : 'Plan a new change',
  );
}

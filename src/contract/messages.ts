import type { ChangeState } from './states.js';

/** Messages of `schemaChange`. Each is an update and a signal of the same name, and takes one object. */

export interface Caller {
  /** Who asks; recorded, not trusted. */
  readonly caller: string;
  /** When given, it must be the change's own route (R1); anything else is refused. */
  readonly target?: string;
  readonly environment?: string;
}
/** Of `apply`: consent to exactly what was shown, and what the start left open. */
export interface ApplyMessage extends Caller {
  readonly planHash?: string;
  readonly allowUnsafe?: boolean;
  readonly deferCutover?: boolean;
  readonly revertWindow?: string;
}
/** Of messages that others will want to know the reason of. */
export interface ReasonedMessage extends Caller {
  readonly reason?: string;
}
/** Of `setVolume`, 0 to 11. */
export interface SetVolumeMessage extends Caller {
  readonly volume: number;
}

/** What each message takes. */
export interface MessageArguments {
  apply: ApplyMessage;
  stop: ReasonedMessage;
  resume: Caller;
  cutover: Caller;
  cancel: ReasonedMessage;
  setVolume: SetVolumeMessage;
  revert: ReasonedMessage;
  finalize: Caller;
}
/** Name of the update and of the signal. */
export type MessageName = keyof MessageArguments;

/** Answer to an accepted update. `already`: it had been asked for before. */
export interface MessageResult {
  readonly state: ChangeState;
  readonly already: boolean;
}

/** A message: what people are told of it, and when it is accepted. */
export interface MessageDefinition {
  /** Shown by the Temporal UI next to the name: what it does and the JSON to send. */
  readonly description: string;
  /** States in which it is accepted. */
  readonly acceptedIn: readonly ChangeState[];
  /** States in which it is accepted with `already: true` and changes nothing. */
  readonly alreadyIn: readonly ChangeState[];
  readonly example: object;
}

const LIVE: readonly ChangeState[] = [
  'planning',
  'planned',
  'queued',
  'running',
  'waiting_for_cutover',
  'cutting_over',
  'revert_window',
  'reverting',
  'stopping',
  'stopped',
];

/** Which message is accepted when, and what it means to people. */
export const MESSAGES: Readonly<Record<MessageName, MessageDefinition>> = {
  apply: {
    description: 'Start the apply of what was planned. Send {"caller": "you", "planHash": "..."}',
    acceptedIn: ['planned'],
    alreadyIn: ['queued', 'running', 'waiting_for_cutover', 'cutting_over'],
    example: { caller: 'deploy-bot', planHash: '3f6c…', allowUnsafe: false, deferCutover: true },
  },
  stop: {
    description: 'Pause; copied rows and the reservation are kept. Send {"caller": "you", "reason": "why"}',
    // While cutting over the target decides: accepted until the swap, refused after it (C2).
    acceptedIn: ['queued', 'running', 'waiting_for_cutover', 'cutting_over'],
    alreadyIn: ['stopping', 'stopped'],
    example: { caller: 'deploy-bot', reason: 'peak hours' },
  },
  resume: {
    description: 'Go on from the checkpoint. Send {"caller": "you"}',
    acceptedIn: ['stopped'],
    alreadyIn: ['running'],
    example: { caller: 'deploy-bot' },
  },
  cutover: {
    description: 'Swap now. Send {"caller": "you"}',
    acceptedIn: ['waiting_for_cutover'],
    alreadyIn: ['cutting_over'],
    example: { caller: 'deploy-bot' },
  },
  cancel: {
    description: 'Give up and remove what the change left. Send {"caller": "you", "reason": "why"}',
    acceptedIn: ['planning', 'planned', 'queued', 'running', 'waiting_for_cutover', 'stopping', 'stopped'],
    alreadyIn: [],
    example: { caller: 'deploy-bot', reason: 'wrong default' },
  },
  setVolume: {
    description: 'Copy slower or faster, 1 to 11, or hold, 0; at once. Send {"caller": "you", "volume": 3}',
    acceptedIn: LIVE,
    alreadyIn: [],
    example: { caller: 'deploy-bot', volume: 3 },
  },
  revert: {
    description: 'Swap back, with every write made since. Send {"caller": "you", "reason": "why"}',
    acceptedIn: ['revert_window'],
    alreadyIn: ['reverting'],
    example: { caller: 'deploy-bot', reason: 'slow query' },
  },
  finalize: {
    description: 'End the revert window and drop the old table. Send {"caller": "you"}',
    // A revert that does not get its lock is given up; one that is done by then stays (S3).
    acceptedIn: ['revert_window', 'reverting'],
    alreadyIn: [],
    example: { caller: 'deploy-bot' },
  },
};

/** In the order in which people are shown them. */
export const MESSAGE_NAMES = Object.keys(MESSAGES) as MessageName[];

/** They take no argument and change nothing (C6). */
export const QUERIES = { status: 'status', plan: 'plan', events: 'events' } as const;

/** Internal signals between Sterna's own parts; not for control planes. */
export const INTERNAL_SIGNALS = { milestone: 'sterna_milestone' } as const;

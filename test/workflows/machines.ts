import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';
import {
  type ChangeState,
  type MessageArguments,
  type MessageName,
  MESSAGES,
  type SchemaChangeInput,
} from '../../src/contract/index.js';
import { DEFAULT_OPTIONS } from '../../src/workflows/change-input.js';
import { ChangeMachine } from '../../src/workflows/change-machine.js';
import { plan, PLAN_HASH, plannedTask } from './plans.js';

const INPUT: SchemaChangeInput = {
  target: 'shop',
  environment: 'test',
  statements: { shop: ['ALTER TABLE `a` ENGINE=InnoDB'] },
};
/** The one task of a change that is not given others. */
export const ID = ['shop.a'];
export const ME = { caller: 'test' };

export function machine(given: Partial<SchemaChangeInput> = {}): ChangeMachine {
  return new ChangeMachine('shop.test.1', { ...INPUT, ...given }, DEFAULT_OPTIONS, () => 0);
}

export function planned(...tasks: ReturnType<typeof plannedTask>[]): ChangeMachine {
  const made = machine();
  made.planned(plan(tasks.length > 0 ? tasks : [plannedTask('a')]));
  return made;
}

export function running(...tasks: ReturnType<typeof plannedTask>[]): ChangeMachine {
  const made = planned(...tasks);
  made.apply({});
  made.reserved();
  made.set(ID, 'running');
  return made;
}

function windowOpen(): ChangeMachine {
  const made = running();
  made.set(ID, 'cutting_over');
  made.keep(ID, {});
  made.openWindow(ID, 60_000);
  return made;
}

/** How a change comes into each state. */
const IN: Partial<Record<ChangeState, () => ChangeMachine>> = {
  planning: machine,
  planned,
  queued: () => {
    const made = planned();
    made.accept('apply', ME);
    return made;
  },
  running,
  waiting_for_cutover: () => {
    const made = running();
    made.set(ID, 'waiting_for_cutover');
    return made;
  },
  cutting_over: () => {
    const made = running();
    made.set(ID, 'cutting_over');
    return made;
  },
  revert_window: windowOpen,
  reverting: () => {
    const made = windowOpen();
    made.accept('revert', ME);
    return made;
  },
  reverted: () => {
    const made = windowOpen();
    made.accept('revert', ME);
    made.reverted(ID);
    made.end('completed');
    return made;
  },
  stopping: () => {
    const made = running();
    made.accept('stop', ME);
    return made;
  },
  stopped: () => {
    const made = running();
    made.accept('stop', ME);
    made.stopped();
    return made;
  },
  completed: () => {
    const made = running();
    made.complete(ID, {});
    made.end('completed');
    return made;
  },
  failed: () => {
    const made = running();
    made.end('failed', { code: 'drifted', message: 'gone' });
    return made;
  },
  cancelled: () => {
    const made = planned();
    made.end('cancelled');
    return made;
  },
  expired: () => {
    const made = planned();
    made.end('expired');
    return made;
  },
};
export const STATES = Object.keys(IN) as ChangeState[];

export function inState(state: ChangeState): ChangeMachine {
  const make = IN[state];
  if (make === undefined) throw new Error(`no way into ${state}`);
  const made = make();
  expect(made.state).toBe(state);
  return made;
}

export function example<N extends MessageName>(name: N): MessageArguments[N] {
  return (name === 'apply' ? { ...ME, planHash: PLAN_HASH } : MESSAGES[name].example) as MessageArguments[N];
}

/** Why it was refused. */
export function refusalOf(act: () => unknown): ApplicationFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('Expected a refusal, got none.');
}

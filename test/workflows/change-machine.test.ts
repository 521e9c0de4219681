import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import {
  CHANGE_STATES,
  type ChangeState,
  isTerminal,
  type MessageArguments,
  MESSAGE_NAMES,
  type MessageName,
  MESSAGES,
  type SchemaChangeInput,
} from '../../src/contract/index.js';
import { DEFAULT_OPTIONS } from '../../src/workflows/change-input.js';
import { ChangeMachine } from '../../src/workflows/change-machine.js';
import { blocked, plan, PLAN_HASH, plannedTask, unsafe } from './plans.js';

const INPUT: SchemaChangeInput = {
  target: 'shop',
  environment: 'test',
  statements: { shop: ['ALTER TABLE `a` ENGINE=InnoDB'] },
};
const ID = ['shop.a'];
const ME = { caller: 'test' };

function machine(given: Partial<SchemaChangeInput> = {}): ChangeMachine {
  return new ChangeMachine('shop.test.1', { ...INPUT, ...given }, DEFAULT_OPTIONS, () => 0);
}

function planned(...tasks: ReturnType<typeof plannedTask>[]): ChangeMachine {
  const made = machine();
  made.planned(plan(tasks.length > 0 ? tasks : [plannedTask('a')]));
  return made;
}

function running(...tasks: ReturnType<typeof plannedTask>[]): ChangeMachine {
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
const STATES = Object.keys(IN) as ChangeState[];

function inState(state: ChangeState): ChangeMachine {
  const make = IN[state];
  if (make === undefined) throw new Error(`no way into ${state}`);
  const made = make();
  expect(made.state).toBe(state);
  return made;
}

function example<N extends MessageName>(name: N): MessageArguments[N] {
  return (name === 'apply' ? { ...ME, planHash: PLAN_HASH } : MESSAGES[name].example) as MessageArguments[N];
}

function refusalOf(act: () => unknown): ApplicationFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('Expected a refusal, got none.');
}

describe('every message in every state', () => {
  const cases = STATES.flatMap((state) => MESSAGE_NAMES.map((name) => ({ state, name })));

  it.each(cases)('$name in $state does what the contract says', ({ state, name }) => {
    const { acceptedIn, alreadyIn } = MESSAGES[name];
    const change = inState(state);
    const before = { status: change.status(), control: change.control, events: change.log.read().events.length };
    if (alreadyIn.includes(state)) {
      expect(change.accept(name, example(name))).toEqual({ state, already: true });
      expect(change.control, 'asked twice, it changes nothing').toEqual(before.control);
    } else if (acceptedIn.includes(state)) {
      expect(change.accept(name, example(name)).already).toBe(false);
      expect(before.status.controls).toContain(name);
    } else {
      const failure = refusalOf(() => change.accept(name, example(name)));
      expect(failure.type).toBe('control_refused');
      expect(failure.message, 'names the state').toContain(state);
      expect(failure.message, 'names what to do instead').toMatch(
        isTerminal(state) ? /Plan a new change/ : /What fits now: \w+/,
      );
      expect(change.status()).toEqual(before.status);
      expect(change.log.read().events.length, 'C3: a refused control changes nothing').toBe(before.events);
      expect(before.status.controls).not.toContain(name);
    }
  });

  it('covers all states', () => {
    expect(CHANGE_STATES.filter((state) => !STATES.includes(state))).toEqual([]);
  });

  it('a terminal state is never left, whatever is sent or reported (S1)', () => {
    for (const state of STATES.filter(isTerminal)) {
      const change = inState(state);
      const before = { status: change.status(), control: change.control };
      change.cancelNatively();
      change.set(ID, 'running');
      change.complete(ID, {});
      change.end('failed');
      change.milestone({ taskId: 'shop.a', phase: 'copying', percent: 1, rows: 1, of: 100, rowsPerSecond: 1 });
      expect({ status: change.status(), control: change.control }).toEqual(before);
      expect(change.status().controls).toEqual([]);
    }
  });

  it('what holds a copy is noted when it begins, when it lasts and when it ends', () => {
    const change = running();
    const progress = { taskId: 'shop.a', phase: 'copying', percent: 1, rows: 1, of: 100, rowsPerSecond: 1 } as const;
    const throttles = ['threads-running 41 >= 32', 'threads-running 44 >= 24', 'threads-running 44 >= 24 for 5 min'];
    for (const throttle of throttles) change.milestone({ ...progress, throttle });
    expect(change.status().tasks[0]?.progress?.throttle).toBe(throttles[2]);
    change.milestone(progress);
    change.milestone(progress);
    const details = change.log.read().events.map(({ detail }) => detail);
    expect(details.filter((detail) => detail?.includes('held'))).toEqual([
      'shop.a is held: threads-running 41 >= 32',
      'shop.a is held: threads-running 44 >= 24 for 5 min',
      'shop.a is held no more',
    ]);
  });

  it('a state is entered only from those that lead to it, and else not at all (S1)', () => {
    const change = planned();
    expect(refusalOf(() => change.set(ID, 'cutting_over')).type).toBe('internal');
    expect(change.state).toBe('planned');
  });

  it('every state that is no end accepts something that ends it (S3)', () => {
    const others: readonly ChangeState[] = ['cutting_over', 'revert_window', 'reverting'];
    for (const state of STATES.filter((each) => !isTerminal(each) && !others.includes(each))) {
      expect(inState(state).status().controls, state).toContain('cancel');
    }
    expect(inState('cutting_over').status().controls).toContain('stop');
    expect(inState('revert_window').status().controls).toContain('finalize');
    expect(inState('reverting').status().controls).toContain('finalize');
  });
});

describe('the revert window', () => {
  const open = (): ChangeMachine => inState('revert_window');

  it('shows until when it is open, and what may be sent', () => {
    expect(open().status()).toMatchObject({
      revertWindowEnds: new Date(60_000).toISOString(),
      controls: ['setVolume', 'revert', 'finalize'],
      waitingFor: 'revert or finalize',
    });
  });

  it('has a control row of its own: what was asked for before the swap counts no more', () => {
    const change = inState('cutting_over');
    change.accept('stop', ME);
    change.keep(ID, {});
    change.openWindow(ID, 60_000);
    expect(change.control).toMatchObject({ run: 'run', cutover: false });
    change.accept('revert', ME);
    expect(change.control).toMatchObject({ run: 'run', cutover: true });
  });

  it('ends once: a second finalize is one, and a revert comes too late (C3)', () => {
    const change = open();
    expect(change.accept('finalize', ME).already).toBe(false);
    expect(change.control.run).toBe('stop');
    expect(change.accept('finalize', ME).already).toBe(true);
    expect(change.status().controls).toEqual([]);
    expect(refusalOf(() => change.accept('revert', ME)).message).toContain('before the end of the revert window');
  });

  it('refuses a revert once a row cannot go back, with the reason, and stays open', () => {
    const change = open();
    change.window.markUnsafe({ code: 'row_does_not_fit', message: 'too long.' });
    const failure = refusalOf(() => change.accept('revert', ME));
    expect(failure.type).toBe('not_revertible');
    expect(failure.message).toContain('row_does_not_fit: too long.');
    expect(change.state).toBe('revert_window');
    expect(change.status()).toMatchObject({
      revertUnsafe: { code: 'row_does_not_fit' },
      controls: ['setVolume', 'finalize'],
    });
    expect(change.log.read().events.at(-1)).toMatchObject({
      what: 'revert_window',
      detail: expect.stringContaining('unsafe') as string,
    });
  });

  it('is not ended by a native cancel, which says neither whether to keep nor to drop', () => {
    const change = open();
    change.cancelNatively();
    expect(change.state).toBe('revert_window');
    expect(change.cancelRequested).toBe(false);
    expect(change.log.read().events.at(-1)).toMatchObject({ what: 'cancel', outcome: 'refused' });
  });

  it('keeps what is swapped out of a stop, a failure and a cancel of the rest', () => {
    const change = running(plannedTask('a'), plannedTask('b', { execution: 'instant' }));
    change.set(['shop.b'], 'running');
    change.set([...ID, 'shop.b'], 'cutting_over');
    change.keep(ID, {});
    change.accept('stop', ME);
    change.decideStop(true);
    expect(change.tasks.map(({ state }) => state)).toEqual(['revert_window', 'stopping']);
    change.end('failed');
    expect(change.tasks.map(({ state }) => state)).toEqual(['completed', 'failed']);
  });
});

describe('the shape of a message', () => {
  it.each([
    [null, /got null/],
    [[], /got \[\]/],
    ['stop', /got "stop"/],
    [{}, /caller: expected a text, got nothing/],
    [{ caller: '' }, /caller/],
    [{ caller: 'a', reson: 'typo' }, /reson: no such field/],
    [{ caller: 'a', reason: 7 }, /reason: expected a text, got 7/],
  ])('%j is refused with what is wrong', (message, expected) => {
    const failure = refusalOf(() => running().accept('stop', message as never));
    expect(failure.type).toBe('input_invalid');
    expect(failure.message).toMatch(expected);
  });

  it.each([-1, 12, 2.5, '3', undefined, Number.NaN])('a volume of %j is refused', (volume) => {
    expect(refusalOf(() => running().accept('setVolume', { caller: 'a', volume: volume as number })).type).toBe(
      'input_invalid',
    );
  });

  it('a flag must be a flag: the text "false" is no consent', () => {
    const message = { caller: 'a', allowUnsafe: 'false' } as never;
    expect(refusalOf(() => planned(unsafe('a')).accept('apply', message)).type).toBe('input_invalid');
  });

  it('a message that names another route is refused, whatever its name (R1)', () => {
    for (const other of [{ target: 'billing' }, { environment: 'production' }]) {
      const failure = refusalOf(() => running().accept('stop', { ...ME, ...other }));
      expect(failure.type).toBe('route_mismatch');
    }
    expect(running().accept('stop', { ...ME, target: 'shop', environment: 'test' }).state).toBe('stopping');
  });

  it('a plan for another route than asked for is refused (R1)', () => {
    expect(refusalOf(() => machine().planned(plan([], 'billing'))).type).toBe('route_mismatch');
    expect(refusalOf(() => machine().planned(plan([], 'shop', 'production'))).type).toBe('route_mismatch');
  });
});

describe('apply', () => {
  it('refuses the approval of another plan', () => {
    expect(refusalOf(() => planned().accept('apply', { ...ME, planHash: 'b'.repeat(64) })).type).toBe(
      'plan_hash_differs',
    );
  });

  it('refuses what may lose data until somebody consents (P2)', () => {
    const change = planned(unsafe('a'));
    const failure = refusalOf(() => change.accept('apply', ME));
    expect(failure.type).toBe('unsafe_not_allowed');
    expect(failure.message).toContain('drops `k`');
    expect(change.accept('apply', { ...ME, allowUnsafe: true })).toEqual({ state: 'queued', already: false });
    expect(change.status().options.allowUnsafe).toBe(true);
  });

  it('refuses a blocked table, and no flag overrides it (P3)', () => {
    const failure = refusalOf(() => planned(blocked('a')).accept('apply', { ...ME, allowUnsafe: true }));
    expect(failure.type).toBe('plan_blocked');
    expect(failure.message).toContain('has a foreign key');
  });

  it('refuses a revert window in which nothing could be taken back, and says why', () => {
    const revertReasons = [{ code: 'instant', message: 'changes the table itself' }];
    const instant = plannedTask('a', { execution: 'instant', revertible: false, revertReasons });
    const failure = refusalOf(() => planned(instant).accept('apply', { ...ME, revertWindow: '30m' }));
    expect(failure.type).toBe('not_revertible');
    expect(failure.message).toContain('shop.a (changes the table itself)');
    expect(planned(instant).accept('apply', { ...ME, revertWindow: '0m' }).already).toBe(false);
    const copied = plannedTask('b', { revertible: true });
    expect(planned(instant, copied).accept('apply', { ...ME, revertWindow: '30m' }).already).toBe(false);
  });

  it('takes the options of the approval over those of the start', () => {
    const change = planned();
    change.accept('apply', { ...ME, deferCutover: true });
    expect(change.options.deferCutover).toBe(true);
    expect(change.applied).toBe(true);
  });
});

describe('stop and resume', () => {
  const two = (): ChangeMachine => running(plannedTask('a'), plannedTask('b'));

  it('stop the tasks that run, hold those that do not, and put each back where it was', () => {
    const change = two();
    change.accept('stop', { ...ME, reason: 'peak' });
    expect(change.tasks.map((task) => task.state)).toEqual(['stopping', 'stopped']);
    expect(change.control.run).toBe('stop');
    change.stopped();
    expect(change.status()).toMatchObject({ state: 'stopped', waitingFor: 'resume' });
    change.accept('resume', ME);
    expect(change.tasks.map((task) => task.state)).toEqual(['running', 'planned']);
    expect(change.control.run).toBe('run');
  });

  it('a task that is finished while it stops is completed, the others stay stopped (S2)', () => {
    const change = two();
    change.accept('stop', ME);
    change.complete(ID, { 'shop.a': { rowsCopied: 3, rowsRepaired: 0 } });
    expect(change.tasks.map((task) => task.state)).toEqual(['completed', 'stopped']);
    expect(change.state).toBe('stopped');
  });

  it('a step that would begin while stopped is remembered and not begun (C2)', () => {
    const change = two();
    change.accept('stop', ME);
    change.set(ID, 'cutting_over');
    change.stopped();
    expect(change.state).toBe('stopped');
    change.accept('resume', ME);
    expect(change.state).toBe('cutting_over');
  });

  it('a stop during a swap is decided by the target: in time (C2)', () => {
    const change = inState('cutting_over');
    expect(change.accept('stop', ME)).toEqual({ state: 'cutting_over', already: false });
    expect([change.stopAsked, change.stopRequested]).toEqual([true, false]);
    change.decideStop(true);
    expect([change.stopAsked, change.stopRequested, change.state]).toEqual([false, true, 'stopping']);
  });

  it('a stop during a swap is decided by the target: too late, and then it changes nothing (C2, C3)', () => {
    const change = inState('cutting_over');
    change.accept('stop', ME);
    change.decideStop(false);
    expect([change.stopAsked, change.stopRequested, change.state]).toEqual([false, false, 'cutting_over']);
    expect(change.control.run).toBe('run');
    expect(change.log.read().events.at(-1)).toMatchObject({ what: 'stop', outcome: 'refused' });
  });

  it('every control gets a higher sequence, so that an old one never overwrites a new one (C1)', () => {
    const change = running();
    const seen = [change.control.sequence];
    for (const act of [
      () => change.accept('setVolume', { ...ME, volume: 2 }),
      () => change.accept('stop', ME),
      () => change.stopped(),
      () => change.accept('resume', ME),
    ]) {
      act();
      seen.push(change.control.sequence);
    }
    expect(seen).toEqual([1, 2, 3, 3, 4]);
    expect(change.control.volume).toBe(2);
  });
});

describe('cancel', () => {
  it('lets nothing else through, and a second one is the same one', () => {
    const change = running();
    change.accept('cancel', { ...ME, reason: 'wrong' });
    expect(change.status()).toMatchObject({ state: 'stopping', controls: [] });
    expect(change.accept('cancel', ME).already).toBe(true);
    for (const name of MESSAGE_NAMES.filter((each) => each !== 'cancel')) {
      expect(refusalOf(() => change.accept(name, example(name))).message).toMatch(/being cancelled/);
    }
  });

  it('sent natively during a swap, waits for the outcome of the swap', () => {
    const change = inState('cutting_over');
    change.cancelNatively();
    expect(change.state).toBe('cutting_over');
    expect(change.control.run).toBe('stop');
    change.complete(ID, {});
    expect(change.state).toBe('completed');
  });
});

describe('the end of a change', () => {
  it('fails what ran and cancels what never did', () => {
    const change = running(plannedTask('a'), plannedTask('b'));
    change.end('failed', { code: 'drifted', message: 'another definition' });
    expect(change.tasks.map((task) => task.state)).toEqual(['failed', 'cancelled']);
    expect(change.state).toBe('failed');
  });

  it('keeps the error that ended it when the clean-up fails as well (E7)', () => {
    const change = running();
    change.end('failed', { code: 'drifted', message: 'another definition' });
    change.leftovers({ code: 'server_unreachable', message: 'no answer' });
    expect(change.status().lastError?.code).toBe('drifted');
    expect(change.log.read().events.at(-1)?.detail).toContain('leftovers stay');
  });

  it('names leftovers of a change that was completed (E7)', () => {
    const change = inState('completed');
    change.leftovers({ code: 'server_unreachable', message: 'no answer' });
    expect(change.status()).toMatchObject({ state: 'completed', lastError: { code: 'server_unreachable' } });
  });
});

describe('the event log', () => {
  it('tells who did what, with which outcome', () => {
    const change = running();
    change.accept('stop', { caller: 'ana', reason: 'peak hours' });
    change.recordRefusal('cutover', { caller: 'bo' }, 'not now');
    expect(change.log.read().events).toEqual([
      { at: '1970-01-01T00:00:00.000Z', what: 'stop', caller: 'ana', outcome: 'accepted', detail: 'peak hours' },
      { at: '1970-01-01T00:00:00.000Z', what: 'cutover', caller: 'bo', outcome: 'refused', detail: 'not now' },
    ]);
  });

  it('is bounded: the oldest entries are folded into a count', () => {
    const change = running();
    for (let volume = 0; volume < 250; volume += 1) change.accept('setVolume', { ...ME, volume: (volume % 11) + 1 });
    const { events, folded } = change.log.read();
    expect([events.length, folded]).toEqual([200, 50]);
    expect(events.at(-1)?.detail).toBe(`volume ${(249 % 11) + 1}`);
  });
});

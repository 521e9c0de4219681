import { describe, expect, it } from 'vitest';
import { CHANGE_STATES, type ChangeState, isTerminal, MESSAGE_NAMES, MESSAGES } from '../../src/contract/index.js';
import type { ChangeMachine } from '../../src/workflows/change-machine.js';
import { example, ID, inState, machine, ME, planned, refusalOf, running, STATES } from './machines.js';
import { plan, plannedTask } from './plans.js';

it('a plan for another route than asked for is refused (R1)', () => {
  expect(refusalOf(() => machine().planned(plan([], 'billing'))).type).toBe('route_mismatch');
  expect(refusalOf(() => machine().planned(plan([], 'shop', 'production'))).type).toBe('route_mismatch');
});

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

it('a cutover that was asked for is on its way: nobody is waited for, and it is offered no more', () => {
  const change = inState('waiting_for_cutover');
  expect(change.status().waitingFor).toBe('cutover');
  expect(change.status().controls).toContain('cutover');
  change.accept('cutover', ME);
  expect(change.status()).toMatchObject({ state: 'waiting_for_cutover' });
  expect(change.status().waitingFor).toBeUndefined();
  expect(change.status().controls).not.toContain('cutover');
  expect(change.accept('cutover', ME).already).toBe(true);
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
    change.end('completed');
    expect(change.state).toBe('completed');
  });
});

describe('the end of a change', () => {
  it('is no state before it has come, whatever has become of its tasks (S1)', () => {
    const change = running();
    change.complete(ID, {});
    expect(change.status()).toMatchObject({ state: 'running', controls: [], tasks: [{ state: 'completed' }] });
    expect(refusalOf(() => change.accept('stop', ME)).message).toContain('nothing but its clean-up is left');
    change.cancelNatively();
    expect(change.cancelRequested).toBe(false);
    change.beginEnd();
    expect(change.state).toBe('running');
    change.end('completed');
    expect(change.state).toBe('completed');
  });

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

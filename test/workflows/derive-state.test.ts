import { describe, expect, it } from 'vitest';
import {
  CHANGE_STATES,
  type ChangeState,
  deriveChangeState,
  isTerminal,
  type TaskState,
  TASK_TRANSITIONS,
  TERMINAL_STATES,
} from '../../src/contract/index.js';

const derive = (...states: TaskState[]): ChangeState =>
  deriveChangeState(
    states.map((state) => ({ state })),
    'planning',
  );

describe('the state of a change', () => {
  it.each<[TaskState[], ChangeState]>([
    [['planned', 'planned'], 'planned'],
    [['queued', 'queued'], 'queued'],
    [['running', 'planned'], 'running'],
    [['running', 'queued'], 'running'],
    [['completed', 'planned'], 'running'],
    [['completed', 'queued'], 'running'],
    [['running', 'waiting_for_cutover'], 'running'],
    [['completed', 'waiting_for_cutover'], 'waiting_for_cutover'],
    [['cutting_over', 'completed'], 'cutting_over'],
    [['cutting_over', 'planned'], 'cutting_over'],
    [['stopping', 'stopped'], 'stopping'],
    [['stopped', 'running'], 'stopped'],
    [['completed', 'stopped'], 'stopped'],
    [['completed', 'revert_window'], 'revert_window'],
    [['reverting', 'revert_window'], 'reverting'],
    [['completed', 'completed'], 'completed'],
    [['completed', 'failed', 'cancelled'], 'failed'],
    [['completed', 'cancelled'], 'cancelled'],
    [['expired', 'expired'], 'expired'],
    [['reverted', 'completed'], 'reverted'],
  ])('of tasks that are %j is %s (S2)', (tasks, expected) => {
    expect(derive(...tasks)).toBe(expected);
    expect(derive(...tasks.toReversed()), 'whatever their order').toBe(expected);
  });

  it.each(['planning', 'completed', 'failed', 'cancelled'] as const)(
    'without tasks is what planning came to: %s (S2)',
    (planning) => {
      expect(deriveChangeState([], planning)).toBe(planning);
    },
  );

  it('of one task is the state of that task (S2)', () => {
    for (const state of Object.keys(TASK_TRANSITIONS) as TaskState[]) expect(derive(state)).toBe(state);
  });
});

describe('the transitions of a task', () => {
  it('never leave a terminal state (S1)', () => {
    for (const state of TERMINAL_STATES) {
      expect(TASK_TRANSITIONS[state]).toEqual([]);
      expect(isTerminal(state)).toBe(true);
    }
  });

  it('lead from every other state to an end, so that nothing is stuck by design (S3)', () => {
    const reachable = (from: TaskState, seen = new Set<TaskState>()): Set<TaskState> => {
      for (const next of TASK_TRANSITIONS[from]) {
        if (seen.has(next)) continue;
        seen.add(next);
        reachable(next, seen);
      }
      return seen;
    };
    for (const state of CHANGE_STATES) {
      if (state === 'planning' || isTerminal(state)) continue;
      expect([...reachable(state)].some(isTerminal), state).toBe(true);
    }
  });
});

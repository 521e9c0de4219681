import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ERRORS,
  isTerminal,
  type MessageArguments,
  MESSAGE_NAMES,
  MESSAGES,
  type Plan,
  type SchemaChangeInput,
} from '../../src/contract/index.js';
import { DEFAULT_OPTIONS, resolveInput } from '../../src/workflows/change-input.js';
import { ChangeMachine } from '../../src/workflows/change-machine.js';
import { assertMessageShape } from '../../src/workflows/message-shape.js';
import { plannedTask } from '../workflows/plans.js';

const TEXT = readFileSync('docs/contract.md', 'utf8');
const EXAMPLES = [...TEXT.matchAll(/<!-- example: (\w+) -->\s*```json\n([\s\S]*?)```/g)].map(
  ([, name = '', json = '']) => ({ name, json }),
);
const ROUTE = { target: 'orders-prod', environment: 'production' };

function examples<T>(name: string): T[] {
  const found = EXAMPLES.filter((example) => example.name === name).map(({ json }) => JSON.parse(json) as T);
  expect(found.length, `an example of ${name}`).toBeGreaterThan(0);
  return found;
}

/** The names of all fields, in nested objects too: what a client in another language would declare. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shape(each)]));
}

describe('docs/contract.md', () => {
  it('has no JSON block that is not an example under test', () => {
    expect([...TEXT.matchAll(/```json/g)]).toHaveLength(EXAMPLES.length);
  });

  it('has inputs of schemaChange that are accepted', () => {
    for (const input of examples<SchemaChangeInput>('schemaChange')) expect(() => resolveInput(input)).not.toThrow();
    expect(
      Object.keys(examples<SchemaChangeInput>('schemaChange')[0]?.options ?? {}).sort(),
      'with every option',
    ).toEqual(Object.keys(DEFAULT_OPTIONS).sort());
  });

  it.each(MESSAGE_NAMES)('has an example of %s that is accepted, and its states as in the code', (name) => {
    for (const message of examples<MessageArguments[typeof name]>(name))
      expect(() => assertMessageShape(name, message, ROUTE)).not.toThrow();
    const row = TEXT.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    const [, , accepted = '', already = ''] = row
      .split('|')
      .map((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word));
    expect(new Set(accepted)).toEqual(new Set(MESSAGES[name].acceptedIn));
    expect(new Set(already)).toEqual(new Set(MESSAGES[name].alreadyIn));
  });

  it('shows plan, status, result, answer and events as they are', () => {
    const [plan] = examples<Plan>('plan');
    const [status] = examples<Record<string, unknown>>('status');
    const [input] = examples<SchemaChangeInput>('schemaChange');
    if (plan === undefined || input === undefined) throw new Error('no example');
    expect(shape(plan.tasks[0])).toEqual(
      shape({
        ...plannedTask('orders'),
        liveDefinition: '',
        desiredDefinition: '',
        liveFingerprint: '',
        desiredFingerprint: '',
      }),
    );
    const change = new ChangeMachine('orders-prod.production.20260301-101500', input, resolveInput(input), () => 0);
    change.planned({ ...plan, tasks: plan.tasks.map((task) => ({ ...task, execution: 'copy' })) });
    expect(shape(examples('answer')[0])).toEqual(shape(change.accept('apply', { caller: 'a' })));
    change.reserved();
    change.set(['shop.orders'], 'running');
    change.milestone({
      taskId: 'shop.orders',
      phase: 'copying',
      rows: 120_000,
      of: 500_000,
      percent: 24,
      rowsPerSecond: 61_000,
      eta: '6s',
    });
    expect(status).toEqual(change.status());
    change.complete(['shop.orders'], {
      'shop.orders': { rowsCopied: 1, rowsRepaired: 0, cutoverBlockMs: 1, cutoverAttempts: 1 },
    });
    change.end('completed');
    expect(shape(examples('result')[0])).toEqual(shape({ ...change.status(), noChanges: false }));
    expect(isTerminal(change.state)).toBe(true);
    change.recordRefusal('cutover', { caller: 'bo' }, 'no');
    const events = examples<{ events: object[] }>('events')[0];
    expect(shape(events?.events.at(-1))).toEqual(shape(change.log.read().events.at(-1)));
  });

  it('names only codes that exist', () => {
    const codes = [...TEXT.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, word]) => word ?? '');
    const known = new Set([
      ...Object.keys(ERRORS),
      ...Object.values(MESSAGES).flatMap(({ acceptedIn }) => acceptedIn),
      'catching_up',
    ]);
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });
});

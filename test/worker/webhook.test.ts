import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChangeState, ObservedChange, TaskProgress } from '../../src/contract/index.js';
import { Observers, webhookObserver, type WebhookOptions } from '../../src/worker/index.js';
import { nextWait } from '../../src/worker/webhook-observer.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const CHANGE: ObservedChange = { changeId: 'shop.test.1', target: 'shop', environment: 'test' };
const AT = '2026-03-02T10:00:00.000Z';
/** Each wait of the webhook is that of a header which says: at once. */
const NOW = { 'retry-after': '0' };

let receiver: WebhookReceiver;
let warnings: { readonly fields: object; readonly message: string }[];
let observers: Observers;
beforeEach(async () => {
  warnings = [];
  const quiet = (): void => undefined;
  const warn = (fields: object, message: string): void => void warnings.push({ fields, message });
  observers = new Observers({ debug: quiet, info: quiet, error: quiet, warn });
  receiver = await WebhookReceiver.start();
});
afterEach(async () => {
  await observers.close(0);
  await receiver[Symbol.asyncDispose]();
  // R2: neither the address, which may be a secret, nor the header.
  expect(JSON.stringify(warnings)).not.toMatch(/hunter2|s3cret|127\.0\.0\.1/);
});

function observe(options: Partial<WebhookOptions> = {}): void {
  const log = { warn: (fields: object, message: string) => void warnings.push({ fields, message }) };
  observers.observe(webhookObserver({ url: receiver.url, ...options }, log));
}
function goes(...states: ChangeState[]): void {
  for (const [i, to] of states.entries()) {
    const from = states[i - 1];
    observers.state({ ...CHANGE, ...(from === undefined ? {} : { from }), to, at: AT });
  }
}
const states = (): unknown[] => receiver.received.map(({ body }) => body.to);

it('posts each state as JSON, in order', async () => {
  observe();
  goes('planning', 'running', 'completed');
  await vi.waitFor(() => expect(receiver.received).toHaveLength(3));
  expect(receiver.received.map(({ body }) => body)).toEqual(
    [
      [null, 'planning'],
      ['planning', 'running'],
      ['running', 'completed'],
    ].map(([from, to]) => ({ id: expect.any(String), event: 'state', ...CHANGE, from, to, at: AT })),
  );
  expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(3);
  expect(receiver.received[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'sterna' },
  });
  expect(receiver.received[0]?.headers).not.toHaveProperty('authorization');
});

it('says why a change failed', async () => {
  observe();
  const error = { code: 'disk_full', message: 'no room' };
  observers.state({ ...CHANGE, from: 'running', to: 'failed', at: AT, error });
  await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
  expect(receiver.received[0]?.body).toMatchObject({ to: 'failed', error });
});

it('posts progress only where it is asked for, of each task at most so often', async () => {
  const progress: TaskProgress = { table: 'shop.a', phase: 'copying', rows: 1, of: 9, percent: 11, rowsPerSecond: 5 };
  const { table, ...rest } = progress;
  observe();
  observers.progress(CHANGE, progress);
  goes('running');
  await vi.waitFor(() => expect(states()).toEqual(['running']));
  observe({ progressSeconds: 60 });
  for (const rows of [1, 2, 3]) {
    observers.progress(CHANGE, { ...progress, rows });
    observers.progress(CHANGE, { ...progress, rows, table: 'shop.b' });
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThanOrEqual(3));
  }
  goes('completed');
  await vi.waitFor(() => expect(states().filter((to) => to === 'completed')).toHaveLength(2));
  const told = receiver.received.map(({ body }) => body).filter(({ event }) => event === 'progress');
  expect(told).toMatchObject([
    { ...CHANGE, task: table, progress: rest },
    { ...CHANGE, task: 'shop.b', progress: rest },
  ]);
});

describe('what is not taken', () => {
  it.each<[string, () => { status: number; headers?: Record<string, string> } | 'break' | undefined]>([
    ['500', () => ({ status: 500, headers: NOW })],
    ['429', () => ({ status: 429, headers: NOW })],
    ['a broken connection', () => 'break'],
    ['silence', () => undefined],
  ])('because of %s is sent again, as the same event, before the next one', async (_, answer) => {
    receiver.answer = () => (receiver.received.length === 1 ? answer() : { status: 204 });
    observe({ timeoutMs: 100 });
    goes('planning', 'running');
    await vi.waitFor(() => expect(states()).toEqual(['planning', 'planning', 'running']), { timeout: 5_000 });
    expect(receiver.received[1]?.body.id).toBe(receiver.received[0]?.body.id);
    expect(warnings).toEqual([]);
  });

  it.each([400, 302, 401, 410])(
    'because of %i is logged, and sent no second time; the next one is (R2)',
    async (status) => {
      receiver.answer = ({ body }) =>
        body.to === 'planning' ? { status, headers: { ...NOW, location: receiver.url } } : { status: 200 };
      observe();
      goes('planning', 'running');
      await vi.waitFor(() => expect(states()).toEqual(['planning', 'running']));
      expect(warnings).toEqual([
        {
          fields: { changeId: CHANGE.changeId, event: 'state', attempts: 1 },
          message: `webhook: expected 2xx, got ${status}; the event is not delivered`,
        },
      ]);
    },
  );

  it('is given up in the end', async () => {
    receiver.answer = ({ body }) => (body.to === 'planning' ? { status: 503 } : { status: 200 });
    observe({ retries: 1 });
    goes('planning', 'running');
    await vi.waitFor(() => expect(states()).toEqual(['planning', 'planning', 'running']), { timeout: 5_000 });
    expect(warnings).toMatchObject([{ fields: { attempts: 2 }, message: expect.stringContaining('503') }]);
  });

  it('because the receiver asks for more time than there is, is given up at once', async () => {
    receiver.answer = ({ body }) =>
      body.to === 'planning' ? { status: 429, headers: { 'retry-after': '3600' } } : { status: 200 };
    observe();
    goes('planning', 'running');
    await vi.waitFor(() => expect(states()).toEqual(['planning', 'running']));
    expect(warnings).toMatchObject([{ fields: { attempts: 1 }, message: expect.stringContaining('429') }]);
  });

  it('waits longer each time, and as long as it is asked to', () => {
    expect([1, 2, 3, 6].map((attempt) => nextWait(attempt, {}, 1))).toEqual([500, 1_000, 2_000, 16_000]);
    expect(nextWait(1, {}, 0)).toBe(250);
    expect(nextWait(1, { retryAfterMs: 7_000 })).toBe(7_000);
  });

  it('when the worker ends is broken off and logged', async () => {
    receiver.answer = () => undefined;
    observe();
    goes('planning', 'running');
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    await observers.close(0);
    await vi.waitFor(() => expect(warnings).toHaveLength(2));
    expect(warnings.map(({ message }) => message)).toEqual([
      'the worker ends; observers are not told of the last states',
      'webhook: the worker ends; the event is not delivered',
    ]);
    expect(receiver.received).toHaveLength(1);
  });
});

describe('the header', () => {
  it('is the secret as it is now, also when it was changed in between', async () => {
    vi.stubEnv('HOOK', 'Bearer s3cret');
    observe({ authorization: 'env:HOOK' });
    goes('planning');
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    vi.stubEnv('HOOK', 'Bearer another');
    goes('planned');
    await vi.waitFor(() => expect(receiver.received).toHaveLength(2));
    expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer s3cret', 'Bearer another']);
  });

  it.each([
    ['is not there', undefined, /expected environment variable HOOK to be set/],
    ['no header can hold', 's3cret\n', /expected a secret of printable ASCII/],
  ])('that %s is told without its value, and nothing is sent without it (R2)', async (_, value, message) => {
    vi.stubEnv('HOOK', value);
    observe({ authorization: 'env:HOOK', retries: 0 });
    goes('planning');
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]?.message).toMatch(message);
    expect(receiver.received).toEqual([]);
  });
});

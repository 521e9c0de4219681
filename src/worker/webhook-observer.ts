import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SternaError } from '../contract/index.js';
import { readSecret, retryAfter } from '../inventory/index.js';
import type { Log } from '../target/index.js';
import type { ChangeObserver } from './observer-queue.js';
import { PATIENCE_MS } from './observers.js';
import { Pace } from './pace.js';
import type { WebhookFile } from './webhook-shape.js';

/** A webhook from code: what a configuration says, and how patient it is. */
export interface WebhookOptions extends WebhookFile {
  /** For one attempt, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number;
  /** Attempts after the first, while there is time. @default 6 */
  readonly retries?: number;
}

/** One event with all its attempts: it comes back before it would be given up on. */
const DELIVERY_MS = PATIENCE_MS * 0.75;
const FIRST_WAIT_MS = 500;

/**
 * Posts each state as JSON, in order, and progress where that is asked for. What is not taken with 2xx is sent again
 * after 429, 5xx, silence or a broken connection, for 45 s at most; then it is logged and left out. The address may be
 * a secret itself and is in no message (R2).
 */
export function webhookObserver(options: WebhookOptions, log: Pick<Log, 'warn'>): ChangeObserver {
  const released = new AbortController();
  const send = (event: Event): Promise<void> => deliver(options, event, released.signal, log);
  const observer: ChangeObserver = {
    name: 'webhook',
    onState: (change, from, to, details) =>
      send({ id: randomUUID(), event: 'state', ...change, from: from ?? null, to, ...details }),
    onRelease: () => released.abort(),
  };
  if (options.progressSeconds !== undefined) {
    const pace = new Pace(options.progressSeconds * 1_000);
    observer.onProgress = (change, task, { table: _, ...progress }) => {
      if (!pace.isDue(`${change.changeId}/${task}`)) return;
      return send({ id: randomUUID(), event: 'progress', ...change, task, at: new Date().toISOString(), progress });
    };
  }
  return observer;
}

/** `id` is the same in every attempt. */
interface Event {
  readonly id: string;
  readonly event: 'state' | 'progress';
  readonly changeId: string;
  readonly [field: string]: unknown;
}

async function deliver(
  options: WebhookOptions,
  event: Event,
  released: AbortSignal,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  const { retries = 6 } = options;
  const body = JSON.stringify(event);
  const end = AbortSignal.any([released, AbortSignal.timeout(DELIVERY_MS)]);
  for (let attempt = 1; ; attempt += 1) {
    const fault = await post(options, body, end);
    if (fault === undefined) return;
    const wait = fault.again && attempt <= retries ? nextWait(attempt, fault) : Infinity;
    if (wait <= DELIVERY_MS) await delay(wait, undefined, { signal: end }).catch(() => undefined);
    if (wait <= DELIVERY_MS && !end.aborted) continue;
    log.warn(
      { changeId: event.changeId, event: event.event, attempts: attempt },
      `webhook: ${released.aborted ? 'the worker ends' : fault.message}; the event is not delivered`,
    );
    return;
  }
}

interface Fault {
  readonly message: string;
  /** Another attempt may succeed. */
  readonly again: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** One attempt; never throws. No redirect is followed: the header is for this host. */
async function post(
  { url, authorization, timeoutMs = 5_000 }: WebhookOptions,
  body: string,
  end: AbortSignal,
): Promise<Fault | undefined> {
  const signal = AbortSignal.any([end, AbortSignal.timeout(timeoutMs)]);
  try {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'sterna',
      ...(authorization === undefined ? {} : { authorization: await withinTime(secretOf(authorization), signal) }),
    };
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    if (response.ok) return undefined;
    const { status } = response;
    const again = status === 429 || status >= 500;
    return {
      message: `expected 2xx, got ${status}`,
      again,
      retryAfterMs: again ? retryAfter(response.headers.get('retry-after')) : undefined,
    };
  } catch (error) {
    if (error instanceof SternaError)
      return { message: error.message.replace(/\.$/, ''), again: error.code !== 'config_invalid' };
    if (signal.aborted) return { message: `expected an answer within ${timeoutMs} ms, got none`, again: true };
    return { message: `no connection (${codeOf(error)})`, again: true };
  }
}

/** Milliseconds until the next attempt. @param random 0 to 1 */
export function nextWait(
  attempt: number,
  { retryAfterMs = 0 }: Pick<Fault, 'retryAfterMs'>,
  random = Math.random(),
): number {
  return Math.max(FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + random / 2), retryAfterMs);
}

async function secretOf(reference: string): Promise<string> {
  const value = await readSecret(reference, 'webhook.authorization');
  // What fetch says of a value that it refuses quotes it (R2).
  if (!/^[\x20-\x7e]+$/.test(value))
    throw new SternaError('secret_missing', 'webhook.authorization: expected a secret of printable ASCII characters.');
  return value;
}

/** A store of secrets may not answer. */
async function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
  return Promise.race([work, late]);
}

/** The message of the error names the host; its code does not. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : 'error';
}

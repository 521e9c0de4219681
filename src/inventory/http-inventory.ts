import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { SternaError, DEFAULT_TARGET_TYPE } from '../contract/index.js';
import type { EntryContext } from './connection.js';
import type { TargetEntry } from './entry.js';
import { type EntrySource, parseEntry, parseSummaries } from './entry-inventory.js';
import { type Fetched, fetchOnce } from './http-fetch.js';
import type { HttpDefinition } from './inventory-file.js';
import type { TargetRequest, TargetSummary } from './resolver.js';
import { readSecret } from './secrets.js';

/** Answers that are kept, to be confirmed by the service with 304 each time. */
const ANSWERS = 5_000;
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 200;
/** Whoever is asked to wait for longer is told so; Temporal tries again later. */
const LONGEST_WAIT_MS = 5_000;

/** Entries that are kept behind a service. */
export class HttpEntries implements EntrySource {
  readonly kind = 'http';
  readonly #answers = new LRUCache<string, { readonly etag: string; readonly body: object }>({ max: ANSWERS });

  constructor(
    private readonly definition: HttpDefinition,
    private readonly context: EntryContext,
  ) {}

  where(target: string): string {
    return `the answer for ${target}`;
  }

  async find(
    { target, environment, type = DEFAULT_TARGET_TYPE }: TargetRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly TargetEntry[]> {
    if (/^\.{1,2}$/.test(target)) return []; // in a URL it means another place
    const query = new URLSearchParams({ ...(environment === undefined ? {} : { environment }), type });
    const body = await this.#get(`/targets/${encodeURIComponent(target)}?${query.toString()}`, signal);
    if (body === undefined) return [];
    const where = this.where(target);
    const { target: named, ...entry } = body as Record<string, unknown>;
    if (named !== target) throw unavailable(`expected ${where} to name that target, found another or none`);
    return [{ ...parseEntry(entry, where), target }];
  }

  async list(signal: AbortSignal | undefined): Promise<readonly TargetSummary[]> {
    const body = await this.#get('/targets', signal);
    if (body === undefined) throw unavailable('expected a list of targets, got 404');
    const { targets } = body as { targets?: unknown };
    if (!Array.isArray(targets)) throw unavailable('expected targets, a list, in the answer');
    return parseSummaries(targets, 'the list of the inventory service');
  }

  /** Undefined for 404. */
  async #get(place: string, signal: AbortSignal | undefined): Promise<object | undefined> {
    const url = `${this.definition.url.replace(/\/+$/, '')}${place}`;
    const known = this.#answers.get(url);
    const headers = {
      accept: 'application/json',
      ...(known === undefined ? {} : { 'if-none-match': known.etag }),
      ...(await this.#authentication()),
    };
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const found = await fetchOnce(url, headers, this.definition.timeout_seconds, signal);
      switch (found.what) {
        case 'body':
          if (found.etag === undefined) this.#answers.delete(url);
          else this.#answers.set(url, { etag: found.etag, body: found.body });
          return found.body;
        case 'not_modified':
          if (known === undefined) throw unavailable('expected an answer, got 304 for a question without an ETag');
          return known.body;
        case 'not_found':
          this.#answers.delete(url);
          return undefined;
        case 'failed': {
          const wait = nextWait(attempt, found);
          if (wait === undefined) throw unavailable(found.message);
          await delay(wait, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
        }
      }
    }
  }

  async #authentication(): Promise<Record<string, string>> {
    const { auth } = this.definition;
    if (auth === undefined) return {};
    const value = await readSecret(auth.value, 'http.auth.value', this.context.env);
    // What fetch says of a value that it refuses quotes it (R2).
    if (!/^[\x20-\x7e]+$/.test(value))
      throw new SternaError('secret_missing', 'http.auth.value: expected a secret of printable ASCII characters.');
    return { [auth.header]: auth.scheme === undefined ? value : `${auth.scheme} ${value}` };
  }
}

/** Milliseconds until the next attempt; undefined when there is none. @param random 0 to 1 */
export function nextWait(
  attempt: number,
  { again, retryAfterMs }: Pick<Fetched & { what: 'failed' }, 'again' | 'retryAfterMs'>,
  random = Math.random(),
): number | undefined {
  if (!again || attempt >= ATTEMPTS) return undefined;
  const backoff = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + random / 2);
  const wait = Math.max(backoff, retryAfterMs ?? 0);
  return wait > LONGEST_WAIT_MS ? undefined : wait;
}

function unavailable(what: string): SternaError {
  return new SternaError('inventory_unavailable', `The inventory service cannot tell: ${what}.`);
}

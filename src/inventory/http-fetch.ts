/** An answer may have this many bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

export type Fetched =
  | { readonly what: 'body'; readonly body: object; readonly etag: string | undefined }
  | { readonly what: 'not_modified' }
  | { readonly what: 'not_found' }
  | {
      readonly what: 'failed';
      /** Holds no address (R2). */
      readonly message: string;
      /** Another attempt may succeed. */
      readonly again: boolean;
      /** What the service asks for. */
      readonly retryAfterMs?: number | undefined;
    };

/** One attempt. Throws nothing but the reason of the signal. No redirect is followed: the headers are for this host. */
export async function fetchOnce(
  url: string,
  headers: Readonly<Record<string, string>>,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<Fetched> {
  const late = AbortSignal.timeout(seconds * 1_000);
  try {
    const response = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    });
    if (response.status === 200) return await bodyOf(response);
    await response.body?.cancel();
    return byStatus(response);
  } catch (error) {
    signal?.throwIfAborted();
    if (late.aborted)
      return { what: 'failed', message: `expected an answer within ${seconds} s, got none`, again: true };
    return { what: 'failed', message: `no connection (${codeOf(error)})`, again: true };
  }
}

function byStatus({ status, headers }: Response): Fetched {
  if (status === 304) return { what: 'not_modified' };
  if (status === 404) return { what: 'not_found' };
  const again = status === 429 || status >= 500;
  const message = `expected 200, got ${status}${status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''}`;
  return { what: 'failed', message, again, retryAfterMs: again ? retryAfter(headers.get('retry-after')) : undefined };
}

async function bodyOf(response: Response): Promise<Fetched> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MAX_BYTES) return refused(`expected at most ${MAX_BYTES} bytes, got more`); // leaving cancels the rest
    parts.push(part);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return { what: 'body', body, etag: response.headers.get('etag') ?? undefined };
  } catch {
    // R2: what the parser says quotes the text.
  }
  return refused('expected a JSON object, got something else');
}

function refused(message: string): Fetched {
  return { what: 'failed', message, again: false };
}

/** Seconds or a date, in milliseconds from now. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

/** The message of the error names the host; its code does not. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : 'error';
}

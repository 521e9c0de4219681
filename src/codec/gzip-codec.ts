import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';

const compress = promisify(gzip);
const uncompress = promisify(gunzip);

/** Smaller payloads stay plain JSON: people read them in the Temporal UI. */
const COMPRESS_ABOVE_BYTES = 16 * 1024;
const ENCODING = 'binary/gzip';

/** Gzips large payloads (desired files, plans) and leaves the rest as they are. */
export class GzipCodec implements PayloadCodec {
  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(
      payloads.map(async (payload) => {
        if ((payload.data?.length ?? 0) <= COMPRESS_ABOVE_BYTES) return payload;
        const { metadata, data } = payload;
        const inner = JSON.stringify({
          metadata: Object.fromEntries(
            Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
          ),
          data: Buffer.from(data ?? []).toString('base64'),
        });
        return { metadata: { encoding: Buffer.from(ENCODING) }, data: await compress(inner) };
      }),
    );
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(
      payloads.map(async (payload) => {
        if (Buffer.from(payload.metadata?.encoding ?? []).toString() !== ENCODING) return payload;
        const inner = JSON.parse((await uncompress(payload.data ?? Buffer.alloc(0))).toString()) as {
          metadata: Record<string, string>;
          data: string;
        };
        return {
          metadata: Object.fromEntries(
            Object.entries(inner.metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
          ),
          data: Buffer.from(inner.data, 'base64'),
        };
      }),
    );
  }
}

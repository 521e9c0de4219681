import { defaultPayloadConverter } from '@temporalio/common';
import { GzipCodec } from './gzip-codec.js';

/** Temporal refuses payloads over 2 MiB. A workflow hands what it is given on with a little more, which the rest is for. */
export const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024 - 32 * 1024;

/** How large a value is on its way: by how much the codec makes it smaller can only be tried. */
export async function payloadSize(
  value: unknown,
): Promise<{ readonly fits: boolean; readonly bytes: number; readonly writtenBytes: number }> {
  const payload = defaultPayloadConverter.toPayload(value);
  const [encoded] = await new GzipCodec().encode([payload]);
  const bytes = encoded?.data?.length ?? 0;
  return { fits: bytes <= MAX_PAYLOAD_BYTES, bytes, writtenBytes: payload.data?.length ?? 0 };
}

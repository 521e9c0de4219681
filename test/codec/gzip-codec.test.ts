import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GzipCodec } from '../../src/codec/index.js';

const codec = new GzipCodec();

function json(data: string): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(data) };
}

function plain(payload: Payload | undefined) {
  return {
    metadata: Object.fromEntries(
      Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('hex')]),
    ),
    data: Buffer.from(payload?.data ?? []).toString('hex'),
  };
}

describe('the codec', () => {
  it('leaves small payloads as JSON, which people read in the Temporal UI', async () => {
    const small = json('x'.repeat(16 * 1024));
    expect((await codec.encode([small]))[0]).toBe(small);
  });

  it('makes large payloads small, as histories are limited', async () => {
    const [encoded] = await codec.encode([json('CREATE TABLE t (id INT PRIMARY KEY);'.repeat(10_000))]);
    expect(Buffer.from(encoded?.metadata?.encoding ?? []).toString()).toBe('binary/gzip');
    expect(encoded?.data?.length).toBeLessThan(10_000);
  });

  it('reads what was written without it', async () => {
    const payloads = [json('{"kind":"null"}'), {}];
    expect(await codec.decode(payloads)).toEqual(payloads);
  });

  it('gives back every byte of data and metadata, in order', async () => {
    const payload = fc.record({
      metadata: fc.dictionary(
        fc.string().filter((name) => name !== '__proto__'),
        fc.uint8Array(),
      ),
      data: fc
        .tuple(fc.uint8Array(), fc.integer({ min: 0, max: 40_000 }))
        .map(([bytes, padding]) => Buffer.concat([bytes, Buffer.alloc(padding, 'é')])),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { maxLength: 4 }), async (payloads) => {
        const decoded = await codec.decode(await codec.encode(payloads));
        expect(decoded.map(plain)).toEqual(payloads.map(plain));
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a payload that was cut off instead of giving a part of it', async () => {
    const [encoded] = await codec.encode([json('x'.repeat(100_000))]);
    await expect(
      codec.decode([{ ...encoded, data: Buffer.from(encoded?.data ?? []).subarray(0, 40) }]),
    ).rejects.toThrow(/unexpected end/);
  });
});

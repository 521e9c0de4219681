import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { retryAfter } from '../../src/inventory/http-fetch.js';
import { nextWait } from '../../src/inventory/http-inventory.js';
import type { LoadedInventory } from '../../src/inventory/index.js';
import { until } from '../support/until.js';
import { InventoryFolder } from './inventory-folder.js';
import { InventoryService } from './inventory-service.js';

const ENTRY = { target: 'a', environment: 'x', dsn: 'env:A', labels: { tier: 'gold' } };
const body = JSON.stringify(ENTRY);
const NOW = { 'retry-after': '0' };

let folder: InventoryFolder;
let service: InventoryService;
let inventory: LoadedInventory;
beforeEach(async () => {
  folder = await InventoryFolder.create();
  service = await InventoryService.start();
  folder.env.A = 'mysql://u:p@h/';
  folder.env.TOKEN = 'hunter2';
  const auth = { scheme: 'Bearer', value: 'env:TOKEN' };
  inventory = await folder.open({ http: { url: `${service.url}/`, auth, timeout_seconds: 5 } });
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const resolve = (signal?: AbortSignal) => inventory.resolve({ target: 'a', environment: 'x' }, signal);

it('asks for the target with environment and type, and says who it is', async () => {
  service.answer = () => ({ status: 200, body });
  expect((await resolve()).labels).toEqual({ tier: 'gold' });
  expect(service.asked[0]?.url).toBe('/inventory/targets/a?environment=x&type=mysql');
  expect(service.asked[0]?.headers.authorization).toBe('Bearer hunter2');
});

it.each(['.', '..'])('asks nothing for %s, which means another place in a URL', async (target) => {
  service.answer = () => ({ status: 200, body: JSON.stringify({ ...ENTRY, target }) });
  await expect(inventory.resolve({ target, environment: 'x' })).rejects.toMatchObject({ code: 'target_unknown' });
  expect(service.asked).toHaveLength(0);
});

it('asks whether the answer that it has still holds, and takes a changed one', async () => {
  service.answer = ({ headers }) =>
    headers['if-none-match'] === '"1"' ? { status: 304 } : { status: 200, headers: { etag: '"1"' }, body };
  expect((await resolve()).labels).toEqual({ tier: 'gold' });
  expect((await resolve()).labels).toEqual({ tier: 'gold' });
  expect(service.asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
  service.answer = () => ({ status: 200, body: JSON.stringify({ ...ENTRY, labels: {} }) });
  expect((await resolve()).labels).toEqual({});
});

it('a target that is gone is unknown, also where an answer was kept (R5)', async () => {
  service.answer = () => ({ status: 200, headers: { etag: '"1"' }, body });
  await resolve();
  service.answer = () => ({ status: 404 });
  await expect(resolve()).rejects.toMatchObject({ code: 'target_unknown' });
});

it('a service that fails answers with nothing that was kept before (R5)', async () => {
  service.answer = () => ({ status: 200, headers: { etag: '"1"' }, body });
  await resolve();
  service.answer = () => ({ status: 403 });
  await expect(resolve()).rejects.toMatchObject({ code: 'inventory_unavailable' });
});

it.each([[429], [503], [500]])('tries again after %i', async (status) => {
  service.answer = () => (service.asked.length < 3 ? { status, headers: NOW } : { status: 200, body });
  await resolve();
  expect(service.asked).toHaveLength(3);
});

it('tries again when the connection breaks, and gives up in the end', async () => {
  service.answer = ({ socket }) => void socket.destroy();
  await expect(resolve()).rejects.toMatchObject({
    code: 'inventory_unavailable',
    message: expect.stringMatching(/no connection \(\w+\)/) as string,
  });
  expect(service.asked).toHaveLength(4);
});

it.each([
  ['a redirect, which would take the token elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ['a refusal', { status: 401 }],
  ['an answer that is not of this question', { status: 200, body: JSON.stringify({ ...ENTRY, target: 'b' }) }],
  ['no JSON', { status: 200, body: '<html>hunter2</html>' }],
  ['a list', { status: 200, body: '[]' }],
  ['nothing', { status: 200 }],
  ['another success', { status: 204 }],
  ['an unasked confirmation', { status: 304 }],
  ['more than it may have', { status: 200, body: body.padEnd(16 * 1024 * 1024 + 1) }],
])('takes %s for no answer, and asks once (R2, R5)', async (_, answer) => {
  service.answer = () => answer;
  const error: unknown = await resolve().catch((found: unknown) => found);
  expect(error).toMatchObject({ code: 'inventory_unavailable' });
  expect(String(error)).not.toMatch(/hunter2|127\.0\.0\.1/);
  expect(service.asked).toHaveLength(1);
});

it('takes an answer of the most that it may have', async () => {
  service.answer = () => ({ status: 200, body: body.padEnd(16 * 1024 * 1024) });
  expect((await resolve()).labels).toEqual({ tier: 'gold' });
});

it('names the field of an entry that breaks a rule', async () => {
  service.answer = () => ({ status: 200, body: JSON.stringify({ ...ENTRY, require_writer: 'yes', lables: {} }) });
  await expect(resolve()).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/the answer for a: .*require_writer.*lables/) as string,
  });
});

it.each([
  ['an empty list', { targets: [] }],
  ['none', {}],
  ['one with a target that has no environment', { targets: [ENTRY, { target: 'b' }] }],
])('takes %s for no list: nothing is removed by it (R5)', async (_, answer) => {
  service.answer = () => ({ status: 200, body: JSON.stringify(answer) });
  await expect(inventory.list()).rejects.toMatchObject({ code: 'inventory_unavailable' });
});

it('a list that is not there is unavailable (R5)', async () => {
  service.answer = () => ({ status: 404 });
  await expect(inventory.list()).rejects.toMatchObject({ code: 'inventory_unavailable' });
});

it('is broken off while it waits for an answer', async () => {
  service.answer = () => undefined;
  const abort = new AbortController();
  const asked = resolve(abort.signal);
  await until('it was asked', () => service.asked.length === 1);
  const closed = once(service.asked[0]?.socket as NodeJS.EventEmitter, 'close');
  abort.abort(new Error('no more'));
  await expect(asked).rejects.toThrow('no more');
  await closed;
});

it('waits for an answer no longer than it may', async () => {
  inventory = await folder.open({ http: { url: service.url, timeout_seconds: 0.05 } });
  service.answer = () => undefined;
  await expect(resolve()).rejects.toMatchObject({
    code: 'inventory_unavailable',
    message: expect.stringContaining('within 0.05 s') as string,
  });
});

it('quotes no token that cannot be sent (R2)', async () => {
  folder.env.TOKEN = 'hunter2\nx: y';
  const error: unknown = await resolve().catch((found: unknown) => found);
  expect(error).toMatchObject({ code: 'secret_missing' });
  expect(String(error)).not.toContain('hunter2');
  expect(service.asked).toHaveLength(0);
});

describe('the wait before another attempt', () => {
  it.each([
    [1, {}, 100, 200],
    [2, {}, 200, 400],
    [3, {}, 400, 800],
    [1, { retryAfterMs: 3_000 }, 3_000, 3_000],
    [1, { retryAfterMs: 0 }, 100, 200],
  ])('doubles, and is as long as the service asks for: %i %j', (attempt, asked, least, most) => {
    expect(nextWait(attempt, { again: true, ...asked }, 0)).toBe(least);
    expect(nextWait(attempt, { again: true, ...asked }, 1)).toBe(most);
  });

  it.each([
    ['what cannot succeed', 1, { again: false }],
    ['the last attempt', 4, { again: true }],
    ['a service that asks for a long time', 1, { again: true, retryAfterMs: 5_001 }],
  ])('is none after %s', (_, attempt, failed) => {
    expect(nextWait(attempt, failed)).toBeUndefined();
  });

  it.each([
    ['7', 7_000],
    ['Thu, 01 Jan 1970 00:00:09 GMT', 8_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('reads Retry-After: %j', (header, expected) => {
    expect(retryAfter(header, 1_000)).toBe(expected);
  });
});

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SternaError } from '../../src/contract/index.js';
import { AwsSecrets } from '../../src/inventory/aws-secret.js';
import { registerSecretScheme } from '../../src/inventory/index.js';
import { isSecretReference, readSecret } from '../../src/inventory/secrets.js';

async function refusal(read: Promise<unknown>): Promise<unknown> {
  const error: unknown = await read.then(
    () => expect.fail('expected a refusal'),
    (found: unknown) => found,
  );
  expect(String(error), 'R2').not.toContain('hunter2');
  return error;
}

describe('a secret reference', () => {
  it('is a variable or a file, whose surrounding white space is removed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sterna-secret-'));
    await writeFile(path.join(folder, 'pw'), ' hunter2\n');
    expect(await readSecret('env:A', 'x', { A: ' a ' })).toBe(' a ');
    expect(await readSecret(`file:${folder}/pw`, 'x')).toBe('hunter2');
    await rm(folder, { recursive: true });
  });

  it('in a file is at most 64 KiB', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sterna-secret-'));
    const most = 'x'.repeat(64 * 1024);
    await writeFile(path.join(folder, 'pw'), most);
    expect(await readSecret(`file:${folder}/pw`, 'x')).toBe(most);
    await writeFile(path.join(folder, 'pw'), `${most}x`);
    expect(await refusal(readSecret(`file:${folder}/pw`, 'x'))).toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('expected at most 65536 bytes') as string,
    });
    await rm(folder, { recursive: true });
  });

  it.each(['/dev/null', '/dev', tmpdir()])('in a file is in no other thing than a file: %s', async (place) => {
    expect(await refusal(readSecret(`file:${place}`, 'x'))).toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('expected a regular file') as string,
    });
  });

  it.each(['hunter2', 'vault:hunter2', 'ENV:hunter2', ' env:hunter2', 'mysql://u:hunter2@h/', ''])(
    'is never a literal: %j (R2)',
    async (reference) => {
      expect(await refusal(readSecret(reference, 'x', {}))).toMatchObject({ code: 'config_invalid' });
    },
  );
});

describe('a scheme of your own', () => {
  it('is read at every use, with the rest of the reference and its place', async () => {
    const asked: string[] = [];
    registerSecretScheme('counted', (...given) => Promise.resolve(String(asked.push(given.join(' ')))));
    expect(isSecretReference('counted:a')).toBe(true);
    expect(await readSecret('counted:a:b#c', 'targets.x.dsn')).toBe('1');
    expect(await readSecret('counted:a:b#c', 'targets.x.dsn')).toBe('2');
    expect(asked[0]).toBe('a:b#c targets.x.dsn');
  });

  it.each([
    ['an empty text', () => Promise.resolve(''), 'secret_missing'],
    ['nothing', () => Promise.resolve(undefined as unknown as string), 'secret_missing'],
    ['a failure, whose text stays here', () => Promise.reject(new Error('hunter2')), 'inventory_unavailable'],
    ['a refusal with a code', () => Promise.reject(new SternaError('secret_missing', 'none')), 'secret_missing'],
  ])('that gives %s gives no secret (R2)', async (_, read, code) => {
    registerSecretScheme('faulty', read);
    expect(await refusal(readSecret('faulty:a', 'x'))).toMatchObject({ code });
  });

  it('that does not come back is not waited for for ever (R5)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      registerSecretScheme('silent', () => new Promise(() => undefined));
      const refused = refusal(readSecret('silent:a', 'x'));
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await refused).toMatchObject({
        code: 'inventory_unavailable',
        message: 'x: expected an answer within 30 s, got none.',
      });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(['env', 'file', 'awssm', 'mysql', 'a-b', 'A', ''])('cannot be called %j', (scheme) => {
    expect(() => registerSecretScheme(scheme, () => Promise.resolve('x'))).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});

describe('awssm:', () => {
  const asked: { headers: IncomingHttpHeaders; body: string }[] = [];
  /** Undefined breaks the connection, `silence` leaves the question open. */
  let answer: { status: number; body: object } | 'silence' | undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      if (answer === undefined) return void request.socket.destroy();
      if (answer === 'silence') return;
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer.body));
    });
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.AWS_REGION = 'eu-central-1';
    process.env.AWS_ACCESS_KEY_ID = 'key';
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
    process.env.AWS_MAX_ATTEMPTS = '1';
  });
  beforeEach(() => void (asked.length = 0));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const secret = (SecretString: string): void => void (answer = { status: 200, body: { Name: 'a', SecretString } });

  it('is a secret as a whole, signed for the region of the environment, and read at every use', async () => {
    secret('hunter2');
    expect(await readSecret('awssm:prod/orders', 'x')).toBe('hunter2');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ SecretId: 'prod/orders' });
    expect(asked[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
    expect(asked[0]?.headers.authorization).toContain('/eu-central-1/secretsmanager/');
    secret('rotated');
    expect(await readSecret('awssm:prod/orders', 'x')).toBe('rotated');
  });

  it('with a key is a member of a JSON object', async () => {
    secret('{"password": "hunter2", "port": 3306, "nested": {}, "empty": ""}');
    expect(await readSecret('awssm:arn:aws:secretsmanager:eu:1:secret:a#password', 'x')).toBe('hunter2');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ SecretId: 'arn:aws:secretsmanager:eu:1:secret:a' });
    expect(await readSecret('awssm:a#port', 'x')).toBe('3306');
    for (const key of ['nested', 'empty', 'none', 'constructor', 'length'])
      expect(await refusal(readSecret(`awssm:a#${key}`, 'x'))).toMatchObject({ code: 'secret_missing' });
    secret('hunter2 is no JSON');
    expect(await refusal(readSecret('awssm:a#password', 'x'))).toMatchObject({
      code: 'secret_missing',
      message: 'x: expected a text at password in secret a, found none.',
    });
  });

  it('a secret of bytes is no text', async () => {
    answer = { status: 200, body: { Name: 'a', SecretBinary: 'aHVudGVyMg==' } };
    expect(await refusal(readSecret('awssm:a', 'x'))).toMatchObject({ code: 'secret_missing' });
  });

  it.each([
    [400, 'ResourceNotFoundException', 'secret_missing'],
    [400, 'AccessDeniedException', 'secret_missing'],
    [400, 'ThrottlingException', 'inventory_unavailable'],
    [500, 'InternalServiceError', 'inventory_unavailable'],
  ])('an answer of %i with %s is %s, and its text stays here (R2, R5)', async (status, kind, code) => {
    answer = { status, body: { __type: kind, message: 'role hunter2 of account 123' } };
    const error = await refusal(readSecret('awssm:a', 'x'));
    expect(error).toMatchObject({ code, message: expect.stringContaining(kind) as string });
  });

  it('a broken connection leaves open what the secret is (R5)', async () => {
    answer = undefined;
    expect(await refusal(readSecret('awssm:a', 'x'))).toMatchObject({ code: 'inventory_unavailable' });
  });

  it('a service that says nothing is not waited for, and leaves open what the secret is (R5)', async () => {
    answer = 'silence';
    const secrets = new AwsSecrets(undefined, { connectionTimeout: 5_000, requestTimeout: 50 });
    expect(await refusal(secrets.read('a', 'x'))).toMatchObject({
      code: 'inventory_unavailable',
      message: expect.stringContaining('TimeoutError') as string,
    });
    expect(asked).toHaveLength(1);
  });

  it('needs a name', async () => {
    for (const reference of ['awssm:', 'awssm:#key', 'awssm:a#'])
      expect(await refusal(readSecret(reference, 'x'))).toMatchObject({ code: 'config_invalid' });
  });

  it('says which package is missing where it is not installed', async () => {
    const load = vi.fn(() => Promise.reject(Object.assign(new Error(), { code: 'ERR_MODULE_NOT_FOUND' })));
    expect(await refusal(new AwsSecrets(load).read('a', 'x'))).toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('@aws-sdk/client-secrets-manager') as string,
    });
  });
});

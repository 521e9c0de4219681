import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinlogStream, MysqlServer } from '../../src/mysql/index.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { MysqlProcess } from '../support/mysql-process.js';
import type { TestServer } from '../support/servers.js';
import { until } from '../support/until.js';

type Mode = 'disabled' | 'preferred' | 'required' | 'verify-ca' | 'verify-identity';
const MODES: readonly Mode[] = ['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity'];

/** Authorities and certificates of this test, in a folder. */
class Certificates implements Disposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'sterna-tls-'));

  authority(name: string): string {
    this.#openssl('req', '-x509', ...this.#newKey(name), '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '2');
    return this.#read(`${name}.pem`);
  }

  /** Options of a server with a certificate for these names. */
  server(name: string, authority: string, names: string): string[] {
    this.#openssl('req', ...this.#newKey(name), '-out', `${name}.csr`, '-subj', '/CN=server');
    writeFileSync(path.join(this.folder, `${name}.ext`), `subjectAltName=${names}\n`);
    const by = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
    const from = ['-req', '-in', `${name}.csr`, '-extfile', `${name}.ext`];
    this.#openssl('x509', ...from, ...by, '-days', '2', '-out', `${name}.pem`);
    return [`--ssl-cert=${this.folder}/${name}.pem`, `--ssl-key=${this.folder}/${name}.key`];
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  #newKey(name: string): string[] {
    return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  #read(name: string): string {
    return readFileSync(path.join(this.folder, name), 'utf8');
  }
}

const certificates = new Certificates();
let mysql: MysqlProcess;
let ca: string;
let other: string;
beforeAll(async () => {
  ca = certificates.authority('ours');
  other = certificates.authority('other');
  mysql = await MysqlProcess.start({ options: certificates.server('server', 'ours', 'DNS:localhost') });
});
afterAll(async () => {
  await mysql[Symbol.asyncDispose]();
  certificates[Symbol.dispose]();
});

interface Wanted {
  readonly mode: Mode;
  readonly ca?: string | undefined;
  readonly host?: string;
  readonly server?: TestServer;
}

function open({ mode, ca: authority, host = 'localhost', server = mysql.server }: Wanted): Promise<MysqlServer> {
  return MysqlServer.open({
    host,
    port: server.port,
    user: server.user,
    password: () => Promise.resolve(server.password),
    tls: { mode, ...(authority === undefined ? {} : { ca: authority }) },
  });
}

/** The cipher of a session and of the pool; an empty one is none. */
async function cipher(wanted: Wanted): Promise<string> {
  await using server = await open(wanted);
  await using session = await server.connect();
  const [own, shared] = await Promise.all(
    [session, server].map((by) => by.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Ssl_cipher'")),
  );
  expect(own).toEqual(shared);
  return own?.[0]?.Value ?? 'no answer';
}

const refused = (text: string) =>
  expect.objectContaining({ code: 'server_unreachable', message: expect.stringContaining(text) as string }) as unknown;
const ENCRYPTED = /^TLS_/;

describe('with a server that offers TLS', () => {
  it.each<[Mode, RegExp]>([
    ['disabled', /^$/],
    ['preferred', ENCRYPTED],
    ['required', ENCRYPTED],
  ])('%s asks for no authority', async (mode, expected) => {
    expect(await cipher({ mode })).toMatch(expected);
    expect(await cipher({ mode, host: '127.0.0.1' })).toMatch(expected);
    expect(await cipher({ mode, ca: other })).toMatch(expected);
  });

  it('verify-ca takes a certificate of the authority, whatever the host is called, and no other', async () => {
    expect(await cipher({ mode: 'verify-ca', ca })).toMatch(ENCRYPTED);
    expect(await cipher({ mode: 'verify-ca', ca, host: '127.0.0.1' })).toMatch(ENCRYPTED);
    for (const wrong of [other, undefined])
      await expect(cipher({ mode: 'verify-ca', ca: wrong })).rejects.toEqual(refused('tls_ca'));
  });

  it('verify-identity takes a certificate of the authority for this host, and no other', async () => {
    expect(await cipher({ mode: 'verify-identity', ca })).toMatch(ENCRYPTED);
    for (const wrong of [other, undefined])
      await expect(cipher({ mode: 'verify-identity', ca: wrong })).rejects.toEqual(refused('tls_ca'));
  });

  it('verify-identity refuses a host that is an address, which the driver would take for localhost', async () => {
    await expect(open({ mode: 'verify-identity', ca, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.not.stringContaining('127') as string,
    });
  });

  it('the binlog comes encrypted, through pauses as well', async () => {
    await using server = await open({ mode: 'verify-identity', ca });
    await using session = await server.connect();
    await session.execute('CREATE DATABASE s');
    await session.execute('CREATE TABLE s.t (id INT PRIMARY KEY, b LONGBLOB)');
    const seen: unknown[] = [];
    const [at] = await session.query<{ done: string }>('SELECT @@GLOBAL.gtid_executed AS done');
    await using stream = await BinlogStream.open(server, {
      from: { gtidSet: at?.done ?? '' },
      serverId: 4_000_000_001,
      tables: { s: ['t'] },
      attributes: {},
      onEvent: (event) => {
        if (event.kind === 'rows') seen.push(...event.images.map(({ id }) => id));
      },
      onError: (error) => void seen.push(error),
    });
    stream.pause();
    for (let id = 1; id <= 8; id += 1) await session.execute('INSERT INTO s.t VALUES (?, REPEAT("x", 1000000))', [id]);
    stream.resume();
    await until('all rows have come', () => seen.length >= 8);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const plain = await session.query(
      `SELECT 1 FROM performance_schema.threads WHERE PROCESSLIST_COMMAND LIKE 'Binlog Dump%' AND CONNECTION_TYPE <> 'SSL/TLS'`,
    );
    expect(plain).toEqual([]);
  });

  it('a session that is cut leaves no connection, although the other side says nothing', async () => {
    await using proxy = await CuttingProxy.start(mysql.server);
    await using server = await open({ mode: 'required', server: proxy.server, host: '127.0.0.1' });
    const session = await server.connect();
    expect(proxy.connections).toBe(1);
    const asked = session.query('SELECT SLEEP(600)');
    session.destroy();
    await expect(asked).rejects.toMatchObject({ code: 'connection_lost' });
    await until('the connection is closed', () => proxy.connections === 0);
  });
});

describe('with a server whose certificate is for another host', () => {
  beforeAll(async () => {
    await mysql.stop();
    await mysql.start(certificates.server('elsewhere', 'ours', 'DNS:db.internal'));
  });

  it('verify-identity refuses it, and verify-ca takes it', async () => {
    await expect(cipher({ mode: 'verify-identity', ca })).rejects.toEqual(refused('not for this host'));
    expect(await cipher({ mode: 'verify-ca', ca })).toMatch(ENCRYPTED);
  });
});

describe('with a server that offers no TLS', () => {
  beforeAll(async () => {
    await mysql.stop();
    await mysql.start(['--tls-version=']);
  });

  it.each(MODES)('%s', async (mode) => {
    const found = cipher({ mode, ca });
    if (mode === 'disabled' || mode === 'preferred') expect(await found).toBe('');
    else await expect(found).rejects.toEqual(refused('offers no TLS'));
  });

  it('preferred goes without it, however many ask first at the same time, and whoever reads the binlog', async () => {
    await using server = await open({ mode: 'preferred' });
    const answers = Array.from({ length: 20 }, () => server.query<{ one: number }>('SELECT 1 AS one'));
    expect((await Promise.all(answers)).flat()).toEqual(Array.from({ length: 20 }, () => ({ one: 1 })));
    await using fresh = await open({ mode: 'preferred' });
    expect((await fresh.driverOptions()).ssl).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import type { Finding } from '../../src/contract/index.js';
import { examineServer, limitFindings, versionFindings } from '../../src/planner/server-findings.js';
import { TestAccount } from '../support/account.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { connect, connectionConfig, type TestServer } from '../support/servers.js';

async function examine(server: TestServer, schemas?: readonly string[]): Promise<readonly Finding[]> {
  await using client = await MysqlServer.open(connectionConfig(server));
  return (await examineServer(client, schemas)).findings;
}

/** On the server that all tests share, planners of others may have left something. */
async function examineShared(...args: Parameters<typeof examine>): Promise<readonly Finding[]> {
  return (await examine(...args)).filter(({ code }) => code !== 'workspace');
}

const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);

async function run(statements: readonly string[], server: TestServer): Promise<void> {
  const admin = await connect(server);
  for (const statement of statements) await admin.query(statement);
  await admin.end();
}

describe('privileges', () => {
  const ON_SCHEMA = [
    'SELECT',
    'INSERT',
    'UPDATE',
    'DELETE',
    'CREATE',
    'DROP',
    'ALTER',
    'INDEX',
    'LOCK TABLES',
    'TRIGGER',
  ];
  const ON_SERVER = ['REPLICATION SLAVE', 'REPLICATION CLIENT', 'XA_RECOVER_ADMIN', 'REFERENCES'];
  const WORKSPACE = 'ALL ON `\\_sterna\\_ws\\_%`.*';

  it.each([...ON_SCHEMA, ...ON_SERVER, 'the workspace'])(
    '%s missing is told with the statement that grants it',
    async (missing) => {
      await using space = await TestNamespace.create('doctor');
      const without = (all: readonly string[]): string => all.filter((each) => each !== missing).join(', ');
      await using account = await TestAccount.create({
        grants: [
          `${without(ON_SCHEMA)} ON \`${space.name}\`.*`,
          `${without(ON_SERVER)} ON *.*`,
          ...(missing === 'the workspace' ? [] : [WORKSPACE]),
        ],
      });
      const found = (await examineShared(account.server, [space.name])).filter(({ level }) => level === 'problem');
      expect(codes(found)).toEqual([missing === 'the workspace' ? 'workspace-privileges' : 'privileges']);
      await run(found[0]?.run ?? [], space.server);
      expect(codes(await examineShared(account.server, [space.name]))).toEqual(['optional-privileges']);
    },
  );

  it('that only help are no problem, and without a name the schemas count that the user may change', async () => {
    await using space = await TestNamespace.create('doctor');
    await using account = await TestAccount.create({
      grants: [`${ON_SCHEMA.join(', ')} ON \`${space.name}\`.*`, `${ON_SERVER.join(', ')} ON *.*`, WORKSPACE],
    });
    const found = await examineShared(account.server);
    expect(found).toMatchObject([{ code: 'optional-privileges', level: 'note' }]);
    await run(found[0]?.run ?? [], space.server);
    expect(await examineShared(account.server)).toEqual([]);
  });

  it('of roles count when the roles are active, and are hinted at when they are not', async () => {
    await using space = await TestNamespace.create('doctor');
    await using account = await TestAccount.create({ grants: ['SESSION_VARIABLES_ADMIN ON *.*'] });
    const role = `${account.user}_role`;
    await run(
      [
        `CREATE ROLE ${role}`,
        `GRANT ${[...ON_SCHEMA, 'REFERENCES'].join(', ')} ON \`${space.name}\`.* TO ${role}`,
        `GRANT ${ON_SERVER.join(', ')}, SELECT ON *.* TO ${role}`,
        `GRANT ${WORKSPACE} TO ${role}`,
        `GRANT ${role} TO ${account.user}`,
      ],
      space.server,
    );
    try {
      const found = await examineShared(account.server, [space.name]);
      expect(codes(found)).toEqual([
        'schema-unknown',
        'workspace-privileges',
        'no-schema',
        'optional-privileges',
        'roles',
      ]);
      await run(found.find(({ code }) => code === 'roles')?.run ?? [], space.server);
      expect(await examineShared(account.server, [space.name])).toEqual([]);
    } finally {
      await run([`DROP ROLE ${role}`], space.server);
    }
  });

  it('on a schema that is not there, or not to be seen, are told by its name', async () => {
    await using account = await TestAccount.create();
    expect(await examineShared(account.server, ['no_such_schema'])).toMatchObject([
      { code: 'schema-unknown', run: [expect.stringContaining('ON `no\\_such\\_schema`.* TO') as string] },
      { code: 'no-schema' },
    ]);
  });
});

describe('settings', () => {
  it('that do not fit are all told, and the statements that are given set them right', async () => {
    await using server = await MysqlProcess.start({
      options: [
        '--binlog-format=MIXED',
        '--binlog-row-image=MINIMAL',
        '--binlog-row-value-options=PARTIAL_JSON',
        '--binlog-transaction-compression=ON',
        '--gtid-mode=OFF',
        '--enforce-gtid-consistency=OFF',
        '--binlog-order-commits=OFF',
        '--max-allowed-packet=1M',
        '--binlog-expire-logs-seconds=3600',
      ],
    });
    await run(['CREATE DATABASE shop', 'SET GLOBAL read_only = 1'], server.server);
    const found = await examine(server.server, ['shop']);
    expect(codes(found)).toEqual([
      'read-only',
      ...Array.from({ length: 5 }, () => 'binlog-setting'),
      'binlog-retention',
      'packet-size',
    ]);
    await run(
      found.flatMap((finding) => finding.run),
      server.server,
    );
    expect(codes(await examine(server.server, ['shop']))).toEqual(['read-only']);
    await run(['SET GLOBAL super_read_only = 0', 'SET GLOBAL read_only = 0'], server.server);
    expect(await examine(server.server, ['shop'])).toEqual([]);

    // And a scratch schema, once no planner is at work in it.
    const name = `_sterna_ws_${Date.now()}_0a0b0c0d`;
    const planner = await connect(server.server);
    await planner.query('SELECT GET_LOCK(?, 0)', [name]);
    await planner.query(`CREATE DATABASE \`${name}\``);
    expect(await examine(server.server)).toEqual([]);
    await planner.end();
    const left = await examine(server.server);
    expect(left).toMatchObject([{ code: 'workspace', level: 'note' }]);
    await run(
      left.flatMap((finding) => finding.run),
      server.server,
    );
    expect(await examine(server.server)).toEqual([]);
  });

  it.each([
    ['8.0.21', 1],
    ['8.0.22', 0],
    ['5.7.44-log', 1],
    ['8.4.3', 0],
    ['9.7.4', 0],
    ['10.11.6-MariaDB', 1],
  ])('version %s: %d problems', (version, problems) => {
    expect(versionFindings(version)).toHaveLength(problems);
  });

  it('that let binlogs be kept for ever, or for a day, are well', () => {
    const packetBytes = 2 ** 26;
    expect(limitFindings({ retentionSeconds: 0, packetBytes })).toEqual([]);
    expect(limitFindings({ retentionSeconds: 86_400, packetBytes })).toEqual([]);
    expect(codes(limitFindings({ retentionSeconds: 86_399, packetBytes: 2 ** 26 - 1 }))).toEqual([
      'binlog-retention',
      'packet-size',
    ]);
  });
});

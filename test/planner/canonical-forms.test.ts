import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';
import { CanonicalForms } from '../../src/planner/canonical-forms.js';
import { TestAccount } from '../support/account.js';
import { TestNamespace, uniqueName } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';
import { planTables } from './planning.js';

let server: MysqlServer;
let space: TestNamespace;
beforeAll(async () => {
  server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
});
afterAll(() => server.close());
beforeEach(async () => {
  space = await TestNamespace.create('forms');
  return () => space.drop();
});

describe('what a server makes of a text is remembered', () => {
  it('so that files that did not change need no scratch schema', async () => {
    const sql = `CREATE TABLE t (id int primary key) comment '${uniqueName('once')}'`;
    await space.query(sql);
    await using account = await TestAccount.create({ grants: [`ALL ON \`${space.name}\`.*`] });
    await using restricted = await MysqlServer.open(connectionConfig(account.server));
    await expect(planTables(restricted, space.name, [sql])).rejects.toMatchObject({ code: 'cannot_plan' });
    expect((await planTables(server, space.name, [sql])).tasks).toEqual([]);
    expect((await planTables(restricted, space.name, [sql])).tasks).toEqual([]);
  });

  it('for one server, one set of settings and one default charset only', async () => {
    const forms = new CanonicalForms();
    await using session = await server.connect();
    const here = await forms.of(session, space.name);
    here.set('CREATE TABLE t (a TEXT)', 'canonical');
    expect((await forms.of(session, space.name)).get('CREATE TABLE t (a TEXT)')).toBe('canonical');
    expect(here.get('CREATE TABLE t (b TEXT)')).toBeUndefined();
    await using other = await MysqlServer.open(connectionConfig(testServers().mysqlB));
    await using there = await other.connect();
    const twin = await TestNamespace.create('forms', testServers().mysqlB);
    expect((await forms.of(there, twin.name)).get('CREATE TABLE t (a TEXT)')).toBeUndefined();
    await twin.drop();
    await space.query(`ALTER DATABASE \`${space.name}\` CHARACTER SET latin1`);
    expect((await forms.of(session, space.name)).get('CREATE TABLE t (a TEXT)')).toBeUndefined();
  });

  it('within bounds', async () => {
    const forms = new CanonicalForms(1_000);
    await using session = await server.connect();
    const here = await forms.of(session, space.name);
    for (let n = 0; n < 10; n += 1) here.set(`text ${n}`, 'x'.repeat(300));
    expect(
      Array.from({ length: 10 }, (_, n) => here.get(`text ${n}`)).filter((text) => text !== undefined),
    ).toHaveLength(2);
  });
});

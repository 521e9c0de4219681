import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../tools/dev/ports.js';
import { TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { testServers } from '../support/servers.js';

const TARGETS = ['denied', 'dead', 'named', 'missing', 'mapped'];

let plane: TestDataPlane;
let space: TestNamespace;
beforeAll(async () => {
  space = await TestNamespace.create('bad');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY)');
  const entries = TARGETS.map(
    (name) =>
      `  ${name}:\n    environment: test\n    dsn: env:DSN_${name.toUpperCase()}\n${name === 'mapped' ? `    schema_overrides: {shop: ${space.name}}\n` : ''}`,
  );
  plane = await TestDataPlane.create('bad', entries.join(''));
  const { host, port } = testServers().mysqlA;
  const { user, password } = plane.account.server;
  Object.assign(plane.env, {
    DSN_DENIED: `mysql://${user}:wrong-hunter2@${host}:${port}/`,
    DSN_DEAD: `mysql://${user}:${password}@${host}:${await freePort()}/`,
    DSN_NAMED: `mysql://${user}:${password}@${host}:${port}/shop`,
    DSN_MAPPED: `mysql://${user}:${password}@${host}:${port}/`,
  });
  await plane.startWorker();
});
afterAll(async () => {
  await plane.stopWorkers();
  await expectNoLeaks({ namespaces: [space], users: [plane.account.user] });
  await plane[Symbol.asyncDispose]();
  await space.drop();
});

describe('a target that cannot be used ends the change with its code, and nothing is left open', () => {
  it.each([
    ['denied', 'access_denied', 5],
    ['dead', 'server_unreachable', 5],
    ['named', 'config_invalid', 2],
    ['missing', 'secret_missing', 1],
    ['mapped', 'namespace_not_allowed', 3],
  ])('%s: %s', { timeout: 60_000 }, async (target, code, exit) => {
    const result = await plane.sterna(
      'alter',
      '-t',
      target,
      '-e',
      'test',
      '-n',
      space.name,
      'ALTER TABLE t ADD COLUMN a INT',
      '-y',
      '--watch',
      '--json',
    );
    expect(JSON.parse(result.stdout)).toMatchObject({ code });
    expect(result.code).toBe(exit);
    // R2: neither password nor account nor address, in no answer.
    expect(result.stdout + result.stderr).not.toMatch(/hunter2|127\.0\.0\.1/);
    expect(result.stdout + result.stderr).not.toContain(plane.account.user);
    expect(
      await space.query('SELECT COUNT(*) AS n FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()'),
    ).toEqual([{ n: '1' }]);
  });

  it('a mapped namespace reaches the schema that it stands for, and no other (R4)', async () => {
    const result = await plane.sterna(
      'alter',
      '-t',
      'mapped',
      '-e',
      'test',
      '-n',
      'shop',
      'ALTER TABLE t ADD COLUMN b INT',
      '-y',
      '--watch',
      '--json',
    );
    expect(JSON.parse(result.stdout)).toMatchObject({ state: 'completed' });
    expect(await space.query("SHOW COLUMNS FROM t LIKE 'b'")).toHaveLength(1);
  });
});

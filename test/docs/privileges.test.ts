import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.js';
import { TestAccount } from '../support/account.js';
import { entryFor, TestDataPlane } from '../support/data-plane.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { dsn } from '../support/servers.js';

const TEXT = await readFile(path.join(ROOT, 'docs/operations.md'), 'utf8');
const GRANTS = [...TEXT.matchAll(/^GRANT (.+) TO sterna;( +-- optional)?/gm)].map(([, grant = '', optional]) => ({
  grant,
  optional: optional !== undefined,
}));

it('the privileges of docs/operations.md are enough for every kind of change, those that are optional left out', async () => {
  expect(GRANTS.map(({ optional }) => optional)).toEqual([false, false, false, true, true, true]);
  await using space = await TestNamespace.create('grants');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 1_000);
  await space.query('CREATE TABLE gone (id INT PRIMARY KEY)');
  const grants = GRANTS.filter(({ optional }) => !optional).map(({ grant }) =>
    grant.replace('`shop`', `\`${space.name}\``),
  );
  await using account = await TestAccount.create({ grants });
  const target = `least-${space.name.slice(-8)}`;
  await using plane = await TestDataPlane.create('grants', entryFor(target, 'DSN_LEAST'));
  plane.env.DSN_LEAST = dsn(account.server);
  await plane.startWorker();
  const definitions = {
    't.sql':
      'CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k BIGINT NOT NULL, note VARCHAR(200) NOT NULL, KEY k (k))',
    'fresh.sql': 'CREATE TABLE fresh (id INT PRIMARY KEY)',
  };
  const start = (schema: Record<string, string>): Promise<string> =>
    plane.client.start({
      target,
      environment: 'test',
      schema: { [space.name]: schema },
      options: { autoApply: true, allowUnsafe: true },
      caller: 'test',
    });
  const result = await plane.client.result(await start(definitions));
  expect(result.tasks.map(({ action, execution, state }) => [action, execution, state])).toEqual([
    ['create', 'direct', 'completed'],
    ['alter', 'copy', 'completed'],
    ['drop', 'direct', 'completed'],
  ]);
  const more = { ...definitions, 'fresh.sql': 'CREATE TABLE fresh (id INT PRIMARY KEY) COMMENT "x"' };
  expect((await plane.client.result(await start(more))).tasks).toMatchObject([{ execution: 'inplace' }]);
  const [kept, ...tables] = await space.tables();
  expect(kept).toMatch(/^_gone_sterna_dropped_\d{14}$/); // for a while, then the next change removes it
  expect(tables).toEqual(['fresh', 't']);
  await space.query(`DROP TABLE \`${kept}\``);
  await expectNoLeaks({ namespaces: [space], taskQueues: [plane.name] });
});

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../tools/dev/ports.js';
import { TestAccount } from '../support/account.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { TestDataPlane } from '../support/data-plane.js';
import type { Heard } from '../support/heard.js';
import { TestNamespace } from '../support/namespace.js';
import { testServers } from '../support/servers.js';
import { temporalSays } from '../support/temporal-says.js';

/** A loopback address that nothing else names. */
const HOST = '127.66.77.88';
const NO_HOST = 'planted-host.invalid';
const WRONG = 'planted-wrong-password';

let plane: TestDataPlane;
let space: TestNamespace;
let account: TestAccount;
let way: CuttingProxy;
/** Everything that was said, and by whom. */
const said: Heard[] = [];

beforeAll(async () => {
  space = await TestNamespace.create('redaction');
  await space.query('CREATE TABLE t (id INT PRIMARY KEY, n INT NULL)');
  await space.query('INSERT INTO t VALUES (1, NULL)');
  account = await TestAccount.create();
  const entries = ['good', 'denied', 'dead', 'nowhere', 'narrow'].map(
    (name) =>
      `  ${name}:\n    environment: test\n    dsn: env:DSN_${name.toUpperCase()}\n    throttle: { threads_running: 100000, commit_latency_ms: 100000, copies: 1000 }\n${name === 'narrow' ? '    schema_overrides: { other: other }\n' : ''}`,
  );
  plane = await TestDataPlane.create('redaction', entries.join(''));
  way = await CuttingProxy.start(testServers().mysqlA, HOST);
  const { port } = way.server;
  const { user, password } = account.server;
  Object.assign(plane.env, {
    DSN_GOOD: `mysql://${user}:${password}@${HOST}:${port}/`,
    DSN_NARROW: `mysql://${user}:${password}@${HOST}:${port}/`,
    DSN_DENIED: `mysql://${user}:${WRONG}@${HOST}:${port}/`,
    DSN_DEAD: `mysql://${user}:${password}@${HOST}:${await freePort()}/`,
    DSN_NOWHERE: `mysql://${user}:${password}@${NO_HOST}:${port}/`,
  });
  await plane.startWorker({ STERNA_LOG_LEVEL: 'debug' });
});
afterAll(async () => {
  await plane.stopWorkers();
  await plane[Symbol.asyncDispose]();
  await way[Symbol.asyncDispose]();
  await account.drop();
  await space.drop();
});

async function sterna(...args: string[]): Promise<{ code: number; stdout: string }> {
  const { code, stdout, stderr } = await plane.sterna(...args);
  said.push({ by: `sterna ${args.join(' ')}`, text: `${stdout}\n${stderr}` });
  return { code, stdout };
}

function alter(
  target: string,
  statement: string,
  namespace = space.name,
  ...flags: string[]
): Promise<{ code: number; stdout: string }> {
  return sterna('alter', '-t', target, '-e', 'test', '-n', namespace, statement, '-y', '--watch', '--json', ...flags);
}

it('no password, user or host of an inventory comes out of a worker, however a piece of work ends (R2)', async () => {
  const { name } = space;
  expect(JSON.parse((await alter('good', 'ALTER TABLE t ADD COLUMN a INT')).stdout)).toMatchObject({
    state: 'completed',
  });
  expect(JSON.parse((await alter('good', 'ALTER TABLE t MODIFY id BIGINT NOT NULL')).stdout)).toMatchObject({
    state: 'completed', // a copy
  });
  const ends: [target: string, statement: string, code: string, namespace?: string, flag?: string][] = [
    ['good', 'ALTER TABLE t DROP COLUMN a', 'unsafe_not_allowed'],
    ['good', 'ALTER TABLE t MODIFY n INT NOT NULL', 'row_does_not_fit', space.name, '--allow-unsafe'],
    ['good', 'ALTER TABLE t ADD COLUMN nonsense NONSENSE', 'statement_invalid'],
    ['good', 'ALTER TABLE t ADD COLUMN b INT', 'namespace_unknown', 'no_such_namespace'],
    ['narrow', 'ALTER TABLE t ADD COLUMN b INT', 'namespace_not_allowed'],
    ['denied', 'ALTER TABLE t ADD COLUMN b INT', 'access_denied'],
    ['dead', 'ALTER TABLE t ADD COLUMN b INT', 'server_unreachable'],
    ['nowhere', 'ALTER TABLE t ADD COLUMN b INT', 'server_unreachable'],
    ['unknown', 'ALTER TABLE t ADD COLUMN b INT', 'target_unknown'],
  ];
  const ran = await Promise.all(
    ends.map(
      async ([target, statement, , namespace = name, ...flags]) =>
        (await alter(target, statement, namespace, ...flags.filter((flag) => flag !== undefined))).stdout,
    ),
  );
  for (const [index, [target, statement, code]] of ends.entries())
    expect(ran[index], `${target}: ${statement}`).toContain(code);

  const on = (target: string) => ['-t', target, '-e', 'test'];
  for (const target of ['good', 'denied', 'nowhere']) {
    await sterna('pull', ...on(target), '-n', name, '-o', path.join(plane.folder, `pulled-${target}`));
    await sterna('doctor', ...on(target), '-n', name);
    await sterna('targets', 'explain', target, '-e', 'test');
  }
  await sterna('targets');
  expect((await sterna('targets', '--probe', '--json')).stdout).toMatch(/access_denied[^]*server_unreachable/);
  await sterna('list');

  const log = await readFile(path.join(plane.folder, 'worker.log'), 'utf8');
  said.push({ by: 'the log of the worker', text: log });
  const port = /"healthPort":(\d+)/.exec(log)?.[1];
  for (const page of ['metrics', 'readyz'])
    said.push({ by: `/${page}`, text: await (await fetch(`http://127.0.0.1:${port}/${page}`)).text() });
  const temporal = await temporalSays(`TaskQueue = '${plane.name}'`);
  said.push(...temporal.said);
  expect(temporal.workflows).toBeGreaterThan(ends.length);

  // What was looked through does tell what may be told.
  const all = (by: string): string =>
    said
      .filter((each) => each.by.startsWith(by))
      .map(({ text }) => text)
      .join();
  expect(all('the history')).toContain('ALTER TABLE t ADD COLUMN a INT');
  expect(all('the description')).toContain('SternaTarget');
  expect(all('the log')).toContain('access_denied');
  expect(all('/metrics')).toContain('sterna_');

  const { user, password } = account.server;
  const leaks = said.flatMap(({ by, text }) =>
    [user, password, WRONG, HOST, NO_HOST]
      .filter((secret) => text.includes(secret))
      .map((secret) => `${secret} in ${by}`),
  );
  expect(leaks).toEqual([]);
}, 180_000);

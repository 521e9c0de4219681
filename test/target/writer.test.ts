import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Control, PlanRequest, StepInput } from '../../src/contract/index.js';
import {
  type OperationContext,
  openTargetClient,
  operationContext,
  type TargetClient,
} from '../../src/target/index.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { connectionConfig } from '../support/servers.js';

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
/** A step that is let through does not last. */
const CONTEXT = operationContext({ log, drain: AbortSignal.abort() });
const CONTROL: Control = { sequence: 2, run: 'stop', volume: 11, cutover: false };

/** A server of its own, whose account may write although it is read-only; on it a change in the middle, and a dropped table. */
let mysql: MysqlProcess;
let space: TestNamespace;
let client: TargetClient;
let careless: TargetClient;
let request: PlanRequest;
let step: StepInput;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
  space = await TestNamespace.create('writer', mysql.server);
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 20);
  const open = (requireWriter: boolean): Promise<TargetClient> =>
    openTargetClient('mysql', {
      connection: connectionConfig(mysql.server),
      physical: (namespace) => namespace,
      limits: { copies: 1_000 },
      requireWriter,
    });
  client = await open(true);
  careless = await open(false);
  request = {
    ...{ target: 'orders', environment: 'test', type: 'mysql' },
    statements: { [space.name]: ['ALTER TABLE t MODIFY k BIGINT NOT NULL'] },
  };
  const { route, planHash, tasks } = await client.plan(request, CONTEXT);
  const control: Control = { ...CONTROL, sequence: 1, run: 'run' };
  step = { changeId: 'writer.test.1', route, planHash, stateNamespace: space.name, tasks, control };
  await client.prepareTables(step, operationContext({ log }));
  await space.query('SET GLOBAL read_only = 1');
});
afterAll(async () => {
  await client.close();
  await careless.close();
  await space.drop();
  await mysql[Symbol.asyncDispose]();
});

/** Everything that was ever written is in front of it. */
async function binlogEnd(): Promise<unknown> {
  return (await space.query('SHOW BINARY LOG STATUS'))[0];
}

type Write = (client: TargetClient, context: OperationContext) => Promise<unknown>;
const STEPS = [
  ...([
    'runStatements',
    'prepareTables',
    'copyTables',
    'holdTables',
    'cutOver',
    'guardRevert',
    'revertTables',
  ] as const),
];
const WRITES: [string, Write][] = [
  ['plan', (on, context) => on.plan(request, context)],
  ['lint', (on) => on.lint({ schema: { [space.name]: { 't.sql': PLAIN_TABLE } } })],
  ...STEPS.map((name): [string, Write] => [name, (on, context) => on[name](step, context)]),
  ['writeControl', (on, context) => on.writeControl({ ...step, control: CONTROL }, context)],
  [
    'restoreDropped',
    (on, context) => on.restoreDropped({ namespace: space.name, table: 'gone', dropped: 'kept' }, context),
  ],
  [
    'removeChange',
    async (on, context) => {
      const { leftovers } = await on.examine([space.name]);
      expect(leftovers.changes.map(({ change }) => change?.id)).toEqual([step.changeId]);
      for (const change of leftovers.changes) await on.removeChange(change, context);
    },
  ],
  ['cleanUp', (on, context) => on.cleanUp(step, context)],
];

describe('with require_writer, on a read-only server that would take the writes', () => {
  it.each(WRITES)('%s is refused and writes nothing', async (_, write) => {
    const before = await binlogEnd();
    await expect(write(client, CONTEXT)).rejects.toMatchObject({ code: 'not_the_writer' });
    expect(await binlogEnd()).toEqual(before);
  });

  it('what only reads is not', async () => {
    expect(await client.probe(CONTEXT)).toMatchObject({ writable: false });
    const { schema } = await client.pull({ namespaces: [space.name] }, CONTEXT);
    expect(Object.keys(schema[space.name] ?? {})).toEqual(['t.sql']);
    expect(await client.findDropped({ namespace: space.name, table: 'gone' }, CONTEXT)).toBeNull();
  });

  it('and without it the server takes them: nothing else refuses', async () => {
    await careless.writeControl({ ...step, control: CONTROL }, CONTEXT);
    await careless.cleanUp(step, CONTEXT);
    expect(await space.tables()).toEqual(['t']);
  });
});

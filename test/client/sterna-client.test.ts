import { randomBytes } from 'node:crypto';
import { Client, Connection, WorkflowClient, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ChangeStatus, type SchemaChangeInput, SternaError } from '../../src/contract/index.js';
import { translateClientError } from '../../src/client/client-error.js';
import { SternaClient } from '../../src/client/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { uniqueName } from '../support/namespace.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';

const plane = uniqueName('client');
const target = `db-${plane.slice(-8)}`;
const input: SchemaChangeInput = {
  target,
  environment: 'test',
  statements: { shop: ['ALTER TABLE t ADD COLUMN a INT'] },
};
const ids = [`${target}.test.one`, `${target}.test.two`] as const;

let client: SternaClient;
let connection: Connection;
let temporal: Client;

beforeAll(async () => {
  process.env.TEMPORAL_ADDRESS = testServers().temporalAddress;
  client = await SternaClient.connect({ dataPlane: plane });
  connection = await Connection.connect({ address: testServers().temporalAddress });
  temporal = new Client({ connection });
  for (const id of ids) await client.start(input, id);
});
afterAll(async () => {
  // No worker is there that could cancel them.
  for (const id of ids) await temporal.workflow.getHandle(id).terminate('end of the test');
  await expectNoLeaks({ taskQueues: [plane] });
  await client.close();
  await connection.close();
});

afterEach(() => vi.restoreAllMocks());

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof SternaError ? error.code : String(error);
}

describe('without a worker', () => {
  it('a status, a message and a watch end with worker_missing, because nobody can answer them', async () => {
    const [first] = ids;
    const watching = (async (): Promise<void> => {
      for await (const status of client.watch(first)) expect(status).toBeUndefined();
    })();
    const codes = [client.status(first), client.send(first, 'stop', { caller: 'test' }), watching].map(codeOf);
    expect(await Promise.all(codes)).toEqual(['worker_missing', 'worker_missing', 'worker_missing']);
  });

  it('a pull and a probe end with worker_missing and leave no run that a later worker would do for nobody', async () => {
    const codes = [client.pull({ target, environment: 'test' }), client.probe()].map(codeOf);
    expect(await Promise.all(codes)).toEqual(['worker_missing', 'worker_missing']);
    await until('only the changes are open', async () => {
      const open: string[] = [];
      const query = `TaskQueue = '${plane}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of temporal.workflow.list({ query })) open.push(workflowId);
      return open.length === ids.length && open.every((id) => id === ids[0] || id === ids[1]);
    });
  });
});

describe('starting', () => {
  it('again with the same id attaches to the first run and starts no second', async () => {
    const before = await temporal.workflow.getHandle(ids[0]).describe();
    expect(await client.start(input, ids[0])).toBe(ids[0]);
    expect((await temporal.workflow.getHandle(ids[0]).describe()).runId).toBe(before.runId);
  });

  /** As text that compression makes no smaller than its bytes. */
  const randomText = (bytes: number): string => randomBytes((bytes / 4) * 3).toString('base64');
  const MIB = 1024 * 1024;

  it('takes files that are small enough once they are compressed, and refuses others before anything is sent', async () => {
    const id = `${target}.test.large`;
    const files = (text: string): SchemaChangeInput => ({
      target,
      environment: 'test',
      schema: { shop: { 't.sql': text } },
    });
    const refused = client.start(files(randomText(3 * MIB)), id);
    await expect(refused).rejects.toMatchObject({
      code: 'schema_too_large',
      message: expect.stringMatching(
        /at most 2064384 bytes .* got \d{7} \(\d{7} as written\)\. Split .* or use --local/,
      ) as string,
    });
    expect(await codeOf(client.complete(id))).toBe('change_unknown');
    await client.start(files('x'.repeat(20 * MIB)), id);
    await temporal.workflow.getHandle(id).terminate('end of the test');
  });

  it.each([3 * MIB, 5 * MIB])('says that an input is too large when Temporal says it: %d bytes', async (bytes) => {
    const sent = temporal.workflow.start('none', {
      taskQueue: plane,
      workflowId: `${target}.none`,
      args: [randomText(bytes)],
    });
    const error: unknown = await sent.catch((thrown: unknown) => thrown);
    expect(translateClientError(error)).toMatchObject({ code: 'schema_too_large' });
  });

  it('says what cannot be reached', async () => {
    const address = process.env.TEMPORAL_ADDRESS;
    process.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
    try {
      expect(await codeOf(SternaClient.connect())).toBe('temporal_unreachable');
    } finally {
      process.env.TEMPORAL_ADDRESS = address;
    }
  });
});

describe('an id', () => {
  it('completes from an unambiguous part, and an ambiguous one is refused with what it fits', async () => {
    await until('both changes are visible', async () => {
      try {
        return (await client.complete(`${target}.test.o`)) === ids[0];
      } catch {
        return false;
      }
    });
    await until('the part is ambiguous', async () => (await codeOf(client.complete(target))) === 'change_ambiguous');
    await expect(client.complete(target)).rejects.toThrow(/one.*two|two.*one/);
    expect(await codeOf(client.complete('fits-nothing-at-all'))).toBe('change_unknown');
  });
});

it('a watch ends when its signal is aborted, though the status of the change stands still', async () => {
  const still = { changeId: ids[0], state: 'stopped', tasks: [] } as unknown as ChangeStatus;
  const patient = await SternaClient.connect({ dataPlane: plane });
  patient.status = () => Promise.resolve(still);
  const left = new AbortController();
  const seen: string[] = [];
  for await (const { state } of patient.watch(ids[0], left.signal)) {
    seen.push(state);
    setImmediate(() => left.abort());
  }
  expect(seen).toEqual(['stopped']);
  await patient.close();
});

it('sends a message once more where the status offers it, since a status may be ahead of the history', async () => {
  const refusal = new WorkflowUpdateFailedError('refused', ApplicationFailure.create({ type: 'control_refused' }));
  const sent: string[] = [];
  const offer = (controls: readonly string[]): void => {
    sent.length = 0;
    vi.spyOn(WorkflowClient.prototype, 'getHandle').mockReturnValue({
      executeUpdate: (name: string) => {
        sent.push(name);
        return sent.length === 1 ? Promise.reject(refusal) : Promise.resolve({ state: 'cutting_over', already: false });
      },
      query: () => Promise.resolve({ controls, tasks: [] }),
    } as never);
  };
  offer(['cutover']);
  expect(await client.send(ids[0], 'cutover', { caller: 'test' })).toEqual({ state: 'cutting_over', already: false });
  expect(sent).toEqual(['cutover', 'cutover']);
  offer(['stop']);
  expect(await codeOf(client.send(ids[0], 'cutover', { caller: 'test' }))).toBe('control_refused');
  expect(sent).toEqual(['cutover']);
});

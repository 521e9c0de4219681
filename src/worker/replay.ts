import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { GzipCodec } from '../codec/index.js';
import { SternaError, taskQueues } from '../contract/index.js';
import { prebuiltBundle, workflowsOf } from './bundle.js';
import { observerSinks } from './observers.js';

/** One open workflow of a data plane. */
export interface ReplayedWorkflow {
  readonly workflowId: string;
  /** Why this version could not go on with it; absent when it can. */
  readonly misfit?: string;
}

/**
 * Replays the histories of all open workflows of a data plane with this version of the workflows: what a deploy of it
 * would do to running changes. Reads from Temporal and changes nothing there; once per process.
 */
export async function* replayOpenWorkflows(
  dataPlane: string,
  { profile, bundle = prebuiltBundle() }: { readonly profile?: string; readonly bundle?: string | undefined } = {},
): AsyncGenerator<ReplayedWorkflow> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig(
    profile === undefined ? {} : { profile },
  );
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) }); // a misfit is told below
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: 5_000 });
  } catch (error) {
    throw new SternaError(
      'temporal_unreachable',
      `No connection to Temporal at ${connectionOptions.address ?? 'localhost:7233'}. Check TEMPORAL_ADDRESS or the profile.`,
      { cause: error },
    );
  }
  try {
    const query = `TaskQueue = '${taskQueues(dataPlane).main.replaceAll("'", "\\'")}' AND ExecutionStatus = 'Running'`;
    const histories = new Client({ connection, namespace }).workflow.list({ query }).intoHistories();
    const options = {
      ...workflowsOf(bundle),
      sinks: observerSinks(),
      dataConverter: { payloadCodecs: [new GzipCodec()] },
    };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
      yield { workflowId, ...(error === undefined ? {} : { misfit: error.message }) };
  } finally {
    await connection.close();
  }
}

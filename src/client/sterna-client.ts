import { setTimeout as delay } from 'node:timers/promises';
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { GzipCodec, MAX_PAYLOAD_BYTES, payloadSize } from '../codec/index.js';
import {
  changeId,
  type ChangeEvents,
  type ChangeStatus,
  DEFAULT_DATA_PLANE,
  type Finding,
  type MessageArguments,
  type MessageName,
  type MessageResult,
  type Plan,
  probeId,
  type ProbeTargetsInput,
  type ProbeTargetsResult,
  pullId,
  type PullSchemaInput,
  type PullSchemaResult,
  QUERIES,
  renderRequestMarkdown,
  type SchemaChangeInput,
  type SchemaChangeResult,
  SternaError,
  type TaskState,
  WORKFLOW_TYPES,
  undropId,
  type UndropTableInput,
  type UndropTableResult,
} from '../contract/index.js';
import { translateClientError, wasNotTaken } from './client-error.js';
import { type PendingStep, pendingStep } from './pending-step.js';
import { newSuffix } from './suffix.js';
import { examineTemporal } from './examine-temporal.js';

/** How a client reaches Temporal, and which workers it asks. */
export interface ClientOptions {
  /** Task queue of the workers that serve the targets. @default 'sterna' */
  readonly dataPlane?: string;
  /** Temporal profile; address and credentials come from it or from `TEMPORAL_*`. */
  readonly profile?: string;
}

/** A change as the list has it, from its search attributes. */
export interface ListedChange {
  readonly changeId: string;
  readonly state: string;
  readonly target: string;
  readonly environment: string;
  readonly tables: readonly string[];
  readonly caller?: string;
  readonly startedAt: string;
}

const TABLES = defineSearchAttributeKey('SternaTables', 'KEYWORD_LIST');

/** Temporal gives a task that a worker lost out again after 10 s, and a worker that restarts may lose two in a row. */
const ANSWER_MS = 30_000;
/** Before a message is sent again that reached no workflow. */
const RETRY_MS = 100;
/** Close at first, when much happens; every look costs the worker some work. */
const WATCH_INTERVAL_MS = { first: 200, later: 500, laterAfter: 2_000 };
/** A change in any other state of Temporal may go on, also in states that are not known here. */
const CLOSED: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'];
/** States in which a step may be at work on the target. */
const DRIVEN: readonly TaskState[] = [
  ...(['running', 'cutting_over', 'waiting_for_cutover', 'stopping'] as const),
  ...(['revert_window', 'reverting'] as const),
];
/** Started, and a task scheduled: no worker has taken the run. */
const UNTAKEN_EVENTS = 2;

/** The control plane's side of Sterna: starts changes, steers them, looks on. Throws SternaErrors. */
export class SternaClient implements AsyncDisposable {
  private constructor(
    private readonly connection: Connection,
    private readonly temporal: Client,
    private readonly dataPlane: string,
  ) {}

  /** Connects by `TEMPORAL_*`, a profile, or the defaults of Temporal's clients. */
  static async connect({ dataPlane = DEFAULT_DATA_PLANE, profile }: ClientOptions = {}): Promise<SternaClient> {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig(
      profile === undefined ? {} : { profile },
    );
    try {
      const connection = await Connection.connect({ ...connectionOptions, connectTimeout: 5_000 });
      return new SternaClient(
        connection,
        new Client({ connection, namespace, dataConverter: { payloadCodecs: [new GzipCodec()] } }),
        dataPlane,
      );
    } catch (error) {
      throw new SternaError(
        'temporal_unreachable',
        `No connection to Temporal at ${connectionOptions.address ?? 'localhost:7233'}. Check TEMPORAL_ADDRESS or the profile.`,
        { cause: error },
      );
    }
  }

  /**
   * Starts a change and returns its id. With an `id` that was started before, attaches to that change and
   * never plans twice: the id is the caller's idempotency key.
   */
  async start(input: SchemaChangeInput, id = changeId(input, newSuffix())): Promise<string> {
    const { fits, bytes, writtenBytes } = await payloadSize(input);
    if (!fits)
      throw new SternaError(
        'schema_too_large',
        `Expected an input of at most ${MAX_PAYLOAD_BYTES} bytes when it is compressed, which is what Temporal takes; got ${bytes} (${writtenBytes} as written). Split the change by namespace, or use --local, which sends nothing.`,
      );
    await this.#begin(WORKFLOW_TYPES.schemaChange, id, input, {
      staticSummary:
        `${input.target} (${input.environment})${input.reason === undefined ? '' : `: ${input.reason}`}`.slice(0, 200),
      staticDetails: renderRequestMarkdown(input),
    });
    return id;
  }

  /** Sends a message as an update: accepted and durable when it returns, or refused with the reason. */
  async send<N extends MessageName>(id: string, name: N, message: MessageArguments[N]): Promise<MessageResult> {
    const options = { args: [message] as [MessageArguments[N]] };
    const update = (): Promise<MessageResult> =>
      this.#ask(id, () => this.#handle(id).executeUpdate<MessageResult, typeof options.args>(name, options));
    try {
      return await update();
    } catch (error) {
      // A status may know of the end of a step before the history has it, and a message is taken before that end.
      const isRefused = error instanceof SternaError && error.code === 'control_refused';
      const offered = isRefused && (await this.status(id).catch(() => undefined))?.controls.includes(name);
      if (offered !== true) throw error;
      return update();
    }
  }

  /** State and tasks; rows come from the heartbeats of the copy, so watching costs no history (C6). */
  async status(id: string): Promise<ChangeStatus> {
    const handle = this.#handle(id);
    const status = await this.#ask(id, () => handle.query<ChangeStatus>(QUERIES.status));
    if (!status.tasks.some((task) => DRIVEN.includes(task.state))) return status;
    const { progress, failure } = await this.#pending(handle);
    const tasks = status.tasks.map((task) =>
      progress?.table === task.id && task.state === 'running' ? { ...task, phase: progress.phase, progress } : task,
    );
    return { ...status, tasks, ...(failure === undefined ? {} : { waitingFor: failure }) };
  }

  /** Yields every change of the status until the change has ended, or the signal is aborted. */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<ChangeStatus> {
    // Whoever leaves early must not wait for the answer that the end would give.
    const leaving = new AbortController();
    const ended = this.temporal
      .withAbortSignal(leaving.signal, () => this.#handle(id).result())
      .then(
        (result: SchemaChangeResult) => ({ result }),
        () => ({ result: undefined }), // failed, or whoever watches has left: the status tells
      );
    try {
      let last = '';
      const started = performance.now();
      for (let end: Awaited<typeof ended> | false = false; ;) {
        const status = (end === false ? undefined : end.result) ?? (await this.status(id));
        const text = JSON.stringify(status);
        if (text !== last) yield status;
        last = text;
        if (end !== false || signal?.aborted === true) return;
        const isLater = performance.now() - started > WATCH_INTERVAL_MS.laterAfter;
        end = await Promise.race([ended, wait(isLater ? WATCH_INTERVAL_MS.later : WATCH_INTERVAL_MS.first)]);
      }
    } finally {
      leaving.abort();
    }
  }

  /** Null while it is being planned. */
  async plan(id: string): Promise<Plan | null> {
    return this.#ask(id, () => this.#handle(id).query<Plan | null>(QUERIES.plan));
  }

  /** Who did what, when, with which outcome; the newest 200. */
  async events(id: string): Promise<ChangeEvents> {
    return this.#ask(id, () => this.#handle(id).query<ChangeEvents>(QUERIES.events));
  }

  /** Waits for the end. Throws a SternaError with the change's code when it failed. */
  async result(id: string): Promise<SchemaChangeResult> {
    try {
      return (await this.#handle(id).result()) as SchemaChangeResult;
    } catch (error) {
      throw translateClientError(error, id);
    }
  }

  /** Changes, the newest first. */
  async list({
    state,
    target,
    limit = 50,
  }: { readonly state?: string; readonly target?: string; readonly limit?: number } = {}): Promise<ListedChange[]> {
    const terms = [`WorkflowType = '${WORKFLOW_TYPES.schemaChange}'`];
    if (state !== undefined) terms.push(`SternaState = ${quote(state)}`);
    if (target !== undefined) terms.push(`SternaTarget = ${quote(target)}`);
    const found: ListedChange[] = [];
    try {
      for await (const { workflowId, typedSearchAttributes, startTime } of this.temporal.workflow.list({
        query: terms.join(' AND '),
        pageSize: limit,
      })) {
        const attribute = (name: string): string =>
          typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD')) ?? '';
        found.push({
          changeId: workflowId,
          state: attribute('SternaState'),
          target: attribute('SternaTarget'),
          environment: attribute('SternaEnvironment'),
          tables: typedSearchAttributes.get(TABLES) ?? [],
          ...(attribute('SternaCaller') === '' ? {} : { caller: attribute('SternaCaller') }),
          startedAt: startTime.toISOString(),
        });
        if (found.length >= limit) break;
      }
    } catch (error) {
      throw translateClientError(error);
    }
    return found.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)); // Temporal puts those that run first
  }

  /** The one change that a part of an id stands for. */
  async complete(part: string): Promise<string> {
    try {
      await this.#handle(part).describe();
      return part;
    } catch (error) {
      const translated = translateClientError(error, part);
      if (!(translated instanceof SternaError) || translated.code !== 'change_unknown') throw translated;
    }
    const fitting = (await this.list({ limit: 1_000 }))
      .map((change) => change.changeId)
      .filter((id) => id.includes(part));
    if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
    if (fitting.length === 0)
      throw new SternaError(
        'change_unknown',
        `Expected a change whose id contains ${JSON.stringify(part)}, found none. See \`sterna list\`.`,
      );
    throw new SternaError(
      'change_ambiguous',
      `Expected one change whose id contains ${JSON.stringify(part)}, found ${fitting.length}: ${fitting.slice(0, 5).join(', ')}. Give more of the id.`,
    );
  }

  /** Whether a change still runs; `not_found` also when it closed longer ago than Temporal remembers. */
  async standOf(id: string): Promise<'running' | 'closed' | 'not_found'> {
    try {
      const { status } = await this.#handle(id).describe();
      return CLOSED.includes(status.name) ? 'closed' : 'running';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'not_found';
      throw translateClientError(error, id);
    }
  }

  /** How long Temporal remembers what has closed. */
  async retentionSeconds(): Promise<number> {
    try {
      const { config } = await this.connection.workflowService.describeNamespace({
        namespace: this.temporal.options.namespace,
      });
      return Number(config?.workflowExecutionRetentionTtl?.seconds ?? Infinity);
    } catch (error) {
      throw translateClientError(error);
    }
  }

  /** What is missing in Temporal for this data plane. */
  async examine(): Promise<Finding[]> {
    try {
      return await this.connection.withDeadline(Date.now() + ANSWER_MS, () =>
        examineTemporal(this.connection.workflowService, this.temporal.options.namespace, this.dataPlane),
      );
    } catch (error) {
      throw translateClientError(error);
    }
  }

  async pull(input: PullSchemaInput): Promise<PullSchemaResult> {
    return this.#run(WORKFLOW_TYPES.pullSchema, pullId(input, newSuffix()), input);
  }

  /** Brings back a table that a change has dropped, while it is kept. */
  async undrop(input: UndropTableInput): Promise<UndropTableResult> {
    return this.#run(WORKFLOW_TYPES.undropTable, undropId(input, newSuffix()), input);
  }

  /** Asks targets whether they answer; without names, all that the inventory can list. */
  async probe(input: ProbeTargetsInput = {}): Promise<ProbeTargetsResult> {
    return this.#run(WORKFLOW_TYPES.probeTargets, probeId(newSuffix()), input);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handle(id: string): WorkflowHandle {
    return this.temporal.workflow.getHandle(id);
  }

  async #run<T>(type: string, id: string, input: object): Promise<T> {
    await this.#begin(type, id, input);
    const handle = this.#handle(id);
    const answer = handle.result() as Promise<T>;
    const settled = answer.then(
      () => true,
      () => true,
    );
    try {
      if (!(await Promise.race([settled, wait(ANSWER_MS)]))) await this.#endUntaken(handle);
      return await answer;
    } catch (error) {
      throw translateClientError(error, id);
    }
  }

  /** Throws when no worker has taken the run, and leaves nothing that a later worker would do for nobody. */
  async #endUntaken(handle: WorkflowHandle): Promise<void> {
    if ((await handle.describe()).historyLength > UNTAKEN_EVENTS) return;
    await handle.terminate('No worker took it in time.');
    throw new SternaError(
      'worker_missing',
      `Expected a worker to serve the data plane ${this.dataPlane}, none did in time. Start one, or correct the name.`,
    );
  }

  async #begin(
    type: string,
    id: string,
    input: object,
    shown: { readonly staticSummary?: string; readonly staticDetails?: string } = {},
  ): Promise<void> {
    try {
      await this.temporal.workflow.start(type, {
        taskQueue: this.dataPlane,
        workflowId: id,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        args: [input],
        ...shown,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw translateClientError(error, id);
    }
  }

  /** A worker has to answer; without one the wait is bounded. */
  async #ask<T>(id: string, question: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + ANSWER_MS;
    for (; ; await wait(RETRY_MS)) {
      try {
        return await this.temporal.withDeadline(deadline, question);
      } catch (error) {
        if (!wasNotTaken(error) || Date.now() + RETRY_MS >= deadline) throw translateClientError(error, id);
      }
    }
  }

  async #pending(handle: WorkflowHandle): Promise<PendingStep> {
    try {
      return pendingStep(await handle.describe());
    } catch (error) {
      throw translateClientError(error, handle.workflowId);
    }
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

function wait(milliseconds: number): Promise<false> {
  return delay(milliseconds, false as const, { ref: false });
}

import { createHash } from 'node:crypto';
import { DEFAULT_TARGET_TYPE, isTargetType, SternaError, TARGET_TYPES } from '../contract/index.js';
import { connectionOf, type EntryContext } from './connection.js';
import type { TargetEntry } from './entry.js';
import type { ConnectionConfig } from '../mysql/index.js';
import type { ResolvedTarget, TargetRequest } from './resolver.js';

/** The entry that is meant, of all that have the key. */
export function selectEntry(
  candidates: readonly TargetEntry[],
  { target, type = DEFAULT_TARGET_TYPE, environment }: TargetRequest,
): TargetEntry {
  const entry =
    environment === undefined && candidates.length === 1
      ? candidates[0]
      : candidates.find((each) => each.environment === environment);
  if (entry === undefined) {
    const known = candidates.map((each) => each.environment).sort();
    throw new SternaError(
      'target_unknown',
      known.length === 0
        ? `Expected a target of the inventory, got ${JSON.stringify(target)}. See \`sterna targets\`.`
        : `Expected target ${target} in environment ${known.join(' or ')}, got ${JSON.stringify(environment)}.`,
    );
  }
  if (entry.type !== type)
    throw new SternaError(
      'target_type_mismatch',
      `Expected target ${target} to be of type ${type}, the inventory says ${entry.type}.`,
    );
  return entry;
}

/** The one way from an entry to a target, so that every backend upholds the same rules. @param where for messages */
export async function resolveEntry(entry: TargetEntry, where: string, context: EntryContext): Promise<ResolvedTarget> {
  const { type } = entry;
  if (!isTargetType(type))
    throw new SternaError(
      'target_type_mismatch',
      `${where}.type: expected ${TARGET_TYPES.join(' or ')}, the inventory says ${type}.`,
    );
  const connection = await connectionOf(entry, where, context, entry.allow_database);
  const replicas = await Promise.all(
    entry.replicas.map((replica, i) => connectionOf(replica, `${where}.replicas.${i}`, context)),
  );
  const { workspace } = entry;
  const resolved = {
    target: entry.target,
    environment: entry.environment,
    type,
    connection,
    labels: { ...entry.labels },
    metadata: { ...entry.metadata },
    ...(entry.schema_overrides === undefined ? {} : { schemaOverrides: { ...entry.schema_overrides } }),
    replicas,
    ...(workspace === undefined ? {} : { workspace: await connectionOf(workspace, `${where}.workspace`, context) }),
    limits: limitsOf(entry),
    requireWriter: entry.require_writer,
  };
  return { ...resolved, connectionHash: await hashOf(resolved) };
}

/** Over everything that a client is opened with and nothing else, in whatever order it was given. */
export async function hashOf({
  connection,
  replicas = [],
  workspace,
  limits = {},
  schemaOverrides,
  requireWriter,
}: Omit<ResolvedTarget, 'connectionHash'>): Promise<string> {
  const words = async ({ host, port, user, password, tls }: ConnectionConfig): Promise<unknown[]> => [
    ...[host, port, user, await password()],
    ...[tls.mode, tls.ca ?? null],
  ];
  const connections = await Promise.all([connection, ...replicas].map(words));
  const planning = workspace === undefined ? null : await words(workspace);
  const overrides = schemaOverrides === undefined ? null : sorted(schemaOverrides);
  return createHash('sha256')
    .update(JSON.stringify([connections, planning, sorted(limits), overrides, requireWriter]))
    .digest('hex');
}

function sorted(words: object): [string, unknown][] {
  return Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Only what is given: defaults are the engine's. */
export function limitsOf({ throttle }: TargetEntry): NonNullable<ResolvedTarget['limits']> {
  const { threads_running, commit_latency_ms, history_list_length, replica_lag_seconds, copies } = throttle;
  return {
    ...(threads_running === undefined ? {} : { threadsRunning: threads_running }),
    ...(commit_latency_ms === undefined ? {} : { commitMs: commit_latency_ms }),
    ...(history_list_length === undefined ? {} : { historyListLength: history_list_length }),
    ...(replica_lag_seconds === undefined ? {} : { replicaLagSeconds: replica_lag_seconds }),
    ...(copies === undefined ? {} : { copies }),
  };
}

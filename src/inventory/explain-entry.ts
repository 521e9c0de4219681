import { SternaError } from '../contract/index.js';
import type { ConnectionConfig } from '../mysql/index.js';
import { connectionOf, type EntryContext } from './connection.js';
import type { ServerEntry, TargetEntry } from './entry.js';
import { limitsOf } from './resolve-entry.js';
import type { InventoryResolver, ServerExplanation, TargetExplanation, TargetRequest } from './resolver.js';
import { isSecretReference } from './secrets.js';

/** Of an inventory that keeps no entries, what its answer shows. */
export async function explain(
  inventory: InventoryResolver,
  request: TargetRequest,
  signal: AbortSignal | undefined,
): Promise<TargetExplanation> {
  if (inventory.explain !== undefined) return inventory.explain(request, signal);
  const resolved = await inventory.resolve(request, signal);
  const { target, environment, type, labels, metadata, schemaOverrides, requireWriter } = resolved;
  const ofModule = ({ tls }: ConnectionConfig): ServerExplanation => ({
    from: 'the module',
    tls: tls.mode,
    ...(tls.ca === undefined ? {} : { tlsCa: 'given' }),
  });
  return {
    ...{ target, environment, type, kind: 'module', labels, metadata, requireWriter },
    server: ofModule(resolved.connection),
    replicas: (resolved.replicas ?? []).map(ofModule),
    ...(resolved.workspace === undefined ? {} : { workspace: ofModule(resolved.workspace) }),
    limits: resolved.limits ?? {},
    ...(schemaOverrides === undefined ? {} : { schemaOverrides }),
  };
}

/** Also of one whose secrets are missing. */
export async function explainEntry(
  entry: TargetEntry,
  where: string,
  context: EntryContext,
): Promise<Omit<TargetExplanation, 'kind'>> {
  const { target, environment, type, labels, metadata, schema_overrides: schemaOverrides } = entry;
  const server = await explainServer(entry, where, context, entry.allow_database);
  const replicas = await Promise.all(
    entry.replicas.map((replica, i) => explainServer(replica, `${where}.replicas.${i}`, context, false)),
  );
  const workspace = entry.workspace && (await explainServer(entry.workspace, `${where}.workspace`, context, false));
  return {
    ...{ target, environment, type, server, replicas },
    labels: { ...labels },
    metadata: { ...metadata },
    ...(workspace === undefined ? {} : { workspace }),
    ...(schemaOverrides === undefined ? {} : { schemaOverrides: { ...schemaOverrides } }),
    limits: limitsOf(entry),
    requireWriter: entry.require_writer,
  };
}

async function explainServer(
  entry: ServerEntry,
  where: string,
  context: EntryContext,
  allowDatabase: boolean,
): Promise<ServerExplanation> {
  const told = { from: originOf(entry), ...(entry.tls_ca === undefined ? {} : { tlsCa: entry.tls_ca }) };
  try {
    return { ...told, tls: (await connectionOf(entry, where, context, allowDatabase)).tls.mode };
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    return { ...told, error: { code: error.code, message: error.message } };
  }
}

/** A DSN that stands in the entry is not shown (R2). */
function originOf({ dsn = '', dsn_from, address }: ServerEntry): string {
  if (dsn_from !== undefined) return `document ${dsn_from.config}, password ${shown(dsn_from.password)}`;
  if (address !== undefined) return `the entry itself, password ${shown(address.password)}`;
  return shown(dsn);
}

function shown(reference: string): string {
  return isSecretReference(reference) ? reference : 'the entry itself';
}

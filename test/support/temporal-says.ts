import { Client, Connection } from '@temporalio/client';
import { GzipCodec } from '../../src/codec/index.js';
import type { Heard } from './heard.js';
import { testServers } from './servers.js';

const AT_ONCE = 20;

/** Histories, memos, search attributes and summaries of all workflows that a query finds, with each payload as it was before the codec. */
export async function temporalSays(query: string): Promise<{ readonly workflows: number; readonly said: Heard[] }> {
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  try {
    const client = new Client({ connection });
    const found: { workflowId: string; runId: string }[] = [];
    for await (const { workflowId, runId } of client.workflow.list({ query })) found.push({ workflowId, runId });
    const said: Heard[] = [];
    const left = [...found];
    const read = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const handle = client.workflow.getHandle(next.workflowId, next.runId);
        const history = await decoded(await handle.fetchHistory());
        const { raw } = await handle.describe();
        said.push({ by: `the history of ${next.workflowId}`, text: JSON.stringify(history) });
        said.push({ by: `the description of ${next.workflowId}`, text: JSON.stringify(await decoded(raw)) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, read));
    return { workflows: found.length, said };
  } finally {
    await connection.close();
  }
}

/** With every payload as text. */
async function decoded(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(decoded));
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  const { metadata, data } = value as { metadata?: Record<string, Uint8Array>; data?: Uint8Array };
  if (metadata !== undefined && data instanceof Uint8Array) {
    const [payload] = await new GzipCodec().decode([{ metadata, data }]);
    return Buffer.from(payload?.data ?? []).toString();
  }
  const fields = await Promise.all(Object.entries(value).map(async ([name, each]) => [name, await decoded(each)]));
  return Object.fromEntries(fields) as object;
}

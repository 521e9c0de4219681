/**
 * The same from any Temporal client, in any language: a workflow name, JSON, updates and queries; nothing of Sterna
 * is imported. Needs a worker and the tables of examples/schema; see control-plane.ts.
 *
 *   npx tsx examples/plain-client.ts local-a 'ALTER TABLE orders ADD COLUMN state VARCHAR(20)'
 */
import { gunzipSync } from 'node:zlib';
import { Client, Connection, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, type Payload } from '@temporalio/common';

const [target = 'local-a', statement = 'ALTER TABLE orders ADD COLUMN state VARCHAR(20)'] = process.argv.slice(2);
const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' });
// Payloads over 16 KiB come compressed, so whoever reads plans needs this; what is sent may be plain.
const codec = { encode: (payloads: Payload[]) => Promise.resolve(payloads), decode: uncompress };
const client = new Client({ connection, dataConverter: { payloadCodecs: [codec] } });

const change = await client.workflow.start('schemaChange', {
  taskQueue: process.env.STERNA_DATA_PLANE ?? 'sterna',
  workflowId: `${target}.development.${Date.now()}`, // the idempotency key: the same id is the same change
  args: [{ target, environment: 'development', statements: { bookshop: [statement] }, caller: 'plain-client' }],
});
for (;;) {
  const { state } = await change.query<{ state: string }>('status');
  if (state === 'planned') break;
  if (state !== 'planning') throw new Error(`Expected a plan, the change is ${state}.`);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
const plan = await change.query<{ planHash: string; tasks: { statements: string[] }[] }>('plan');
console.log(plan.tasks.flatMap((task) => task.statements).join(';\n'));

// An update is accepted and durable when it returns, or refused with the reason; a signal of the same name works too.
const answer = await send('apply', { caller: 'plain-client', planHash: plan.planHash });
console.log(answer, await change.result());
await connection.close();

/** An update that reached nobody, as the failure says, is sent again. */
async function send(name: string, message: object): Promise<unknown> {
  for (;;) {
    try {
      return await change.executeUpdate(name, { args: [message] });
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure) || cause.type !== 'UnprocessedUpdate') throw error;
    }
  }
}

function uncompress(payloads: Payload[]): Promise<Payload[]> {
  const plain = payloads.map((payload): Payload => {
    if (Buffer.from(payload.metadata?.encoding ?? []).toString() !== 'binary/gzip') return payload;
    const inner = JSON.parse(gunzipSync(payload.data ?? Buffer.alloc(0)).toString()) as {
      metadata: Record<string, string>;
      data: string;
    };
    const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
    const metadata = Object.fromEntries(Object.entries(inner.metadata).map(([name, text]) => [name, bytes(text)]));
    return { metadata, data: bytes(inner.data) };
  });
  return Promise.resolve(plain);
}

import { isGrpcServiceError, type WorkflowService } from '@temporalio/client';
import { type Finding, SEARCH_ATTRIBUTES, taskQueues } from '../contract/index.js';

const GRPC_INVALID_ARGUMENT = 3;
/** Temporal's numbers of what a task queue hands out. */
const TASKS = { workflow: 1, activity: 2 } as const;
const NORMAL_QUEUE = 1;
/** A poll lasts up to a minute; Temporal remembers who has polled for five. */
const POLLED_WITHIN_MS = 120_000;

/** What Sterna needs of Temporal: the search attributes exist, and a worker polls each queue of the data plane. */
export async function examineTemporal(
  service: WorkflowService,
  namespace: string,
  dataPlane: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const missing: string[] = [];
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    if (!(await isKnown(service, namespace, name)))
      missing.push(`temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${type}`);
  }
  if (missing.length > 0)
    findings.push({
      code: 'search-attributes',
      level: 'problem',
      message: `Expected Sterna's search attributes in namespace ${namespace}, found ${missing.length} missing: no change can be started without them. On Temporal Cloud they are made in the settings of the namespace.`,
      run: missing,
    });
  const queues = taskQueues(dataPlane);
  const silent: string[] = [];
  for (const [name, types] of [
    [queues.main, [TASKS.workflow, TASKS.activity]],
    [queues.control, [TASKS.activity]],
    [queues.copy, [TASKS.activity]],
  ] as const) {
    const polled = await Promise.all(types.map((type) => isPolled(service, namespace, name, type)));
    if (polled.includes(false)) silent.push(name);
  }
  if (silent.length > 0)
    findings.push({
      code: 'no-worker',
      level: 'problem',
      message: `Expected a worker of data plane ${dataPlane} at each of its queues within the last two minutes, found none at ${silent.join(', ')}.`,
      run: [`STERNA_DATA_PLANE=${dataPlane} sterna worker`],
    });
  return findings;
}

/** A listing by an attribute that does not exist is refused; unlike its definition, anybody may ask for one. */
async function isKnown(service: WorkflowService, namespace: string, name: string): Promise<boolean> {
  try {
    await service.listWorkflowExecutions({ namespace, pageSize: 1, query: `${name} = 'none'` });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === GRPC_INVALID_ARGUMENT) return false;
    throw error;
  }
}

async function isPolled(
  service: WorkflowService,
  namespace: string,
  name: string,
  taskQueueType: number,
): Promise<boolean> {
  const asked = { namespace, taskQueue: { name, kind: NORMAL_QUEUE }, taskQueueType };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum's package is no dependency
  const { pollers } = await service.describeTaskQueue(asked);
  return pollers.some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLED_WITHIN_MS,
  );
}

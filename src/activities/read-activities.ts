import { MAX_PAYLOAD_BYTES, payloadSize } from '../codec/index.js';
import type { ProbeResult, ReadActivities } from '../contract/index.js';
import { DEFAULT_TARGET_TYPE, isTargetType, SternaError } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { type ActivityDependencies, operate, type OperationKind } from './operation.js';
import { useTarget } from './use-target.js';

const PROBES_AT_ONCE = 64;
/** They change nothing: breaking them off and starting over elsewhere is harmless. */
const READ: OperationKind = { beats: 'timer', onDrain: 'leave' };

/** Planning, pulling and probing, on the main queue. */
export function createReadActivities(
  dependencies: ActivityDependencies & { readonly router: Pick<TargetRouter, 'read' | 'list' | 'inventoryHealth'> },
): ReadActivities {
  const { router } = dependencies;
  const read = router.read.bind(router);
  return {
    planChange: (request) => {
      const { target, environment, type } = request;
      return operate(dependencies, { target, environment }, READ, async (context) => {
        const plan = await useTarget(read, { target, environment, type }, context, (client) =>
          client.plan(request, context),
        );
        await assertFits(
          plan,
          `the plan of ${plan.tasks.length} tables`,
          'Plan fewer at a time: by namespace, or with --local',
        );
        return plan;
      });
    },

    pullTables: ({ target, environment, type = DEFAULT_TARGET_TYPE, namespaces }) =>
      operate(dependencies, { target, environment }, READ, async (context) => {
        const pulled = await useTarget(read, { target, environment, type }, context, (client) =>
          client.pull(namespaces === undefined ? {} : { namespaces }, context),
        );
        await assertFits(pulled, 'the pulled schema', 'Pull fewer namespaces at a time');
        return pulled;
      }),

    probeAll: (request) =>
      operate(dependencies, {}, READ, async (context) => {
        const listed = await router.list(context.signal);
        const asked = listed.filter(
          ({ target, environment, labels }) =>
            (request.targets?.includes(target) ?? true) &&
            (request.environment === undefined || environment === request.environment) &&
            Object.entries(request.labels ?? {}).every(([name, value]) => labels[name] === value),
        );
        const results: ProbeResult[] = [];
        const queue = [...asked.entries()];
        const probe = async (): Promise<void> => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const [index, { target, environment, type }] = next;
            context.signal.throwIfAborted();
            const place = { target, environment };
            try {
              const found = await useTarget(
                read,
                { ...place, type: isTargetType(type) ? type : DEFAULT_TARGET_TYPE },
                context,
                (client) => client.probe(context),
              );
              results[index] = { ...place, ...found };
            } catch (error) {
              if (!(error instanceof SternaError)) throw error;
              results[index] = { ...place, ok: false, error: { code: error.code, message: error.message } };
            }
          }
        };
        await Promise.all(Array.from({ length: PROBES_AT_ONCE }, probe));
        const { stale } = await router.inventoryHealth();
        return { results, ...(stale ? { inventoryStale: true } : {}) };
      }),
  };
}

/** What Temporal would refuse, and end the change without a reason. */
async function assertFits(result: unknown, what: string, remedy: string): Promise<void> {
  const { fits, bytes, writtenBytes } = await payloadSize(result);
  if (fits) return;
  throw new SternaError(
    'schema_too_large',
    `Expected ${what} to have at most ${MAX_PAYLOAD_BYTES} bytes when compressed, which is what Temporal takes; got ${bytes} (${writtenBytes} as written). ${remedy}.`,
  );
}

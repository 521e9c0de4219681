import type { ProbeResult, ReadActivities } from '../contract/index.js';
import { SternaError } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { type ActivityDependencies, operate, type OperationKind } from './operation.js';

const PROBES_AT_ONCE = 16;
/** They change nothing: breaking them off and starting over elsewhere is harmless. */
const READ: OperationKind = { beats: 'timer', onDrain: 'leave' };

/** Planning, pulling and probing, on the main queue. */
export function createReadActivities(
  dependencies: ActivityDependencies & { readonly router: Pick<TargetRouter, 'use' | 'list'> },
): ReadActivities {
  const { router } = dependencies;
  return {
    planChange: (request) => {
      const { target, environment, type } = request;
      return operate(dependencies, { target, environment }, READ, (context) =>
        router.use({ target, environment, type }, (client) => client.plan(request, context)),
      );
    },

    pullTables: ({ target, environment, namespaces }) =>
      operate(dependencies, { target, environment }, READ, (context) =>
        router.use({ target, environment, type: 'mysql' }, (client) =>
          client.pull(namespaces === undefined ? {} : { namespaces }, context),
        ),
      ),

    probeAll: (request) =>
      operate(dependencies, {}, READ, async (context) => {
        const listed = await router.list(context.signal);
        const asked = listed.filter(
          ({ target, environment }) =>
            (request.targets?.includes(target) ?? true) &&
            (request.environment === undefined || environment === request.environment),
        );
        const results: ProbeResult[] = [];
        const queue = [...asked.entries()];
        const probe = async (): Promise<void> => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const [index, { target, environment }] = next;
            context.signal.throwIfAborted();
            const place = { target, environment };
            try {
              const found = await router.use({ ...place, type: 'mysql' }, (client) => client.probe(context));
              results[index] = { ...place, ...found };
            } catch (error) {
              if (!(error instanceof SternaError)) throw error;
              results[index] = { ...place, ok: false, error: { code: error.code, message: error.message } };
            }
          }
        };
        await Promise.all(Array.from({ length: PROBES_AT_ONCE }, probe));
        return { results };
      }),
  };
}

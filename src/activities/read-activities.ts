import type { ProbeResult, ReadActivities } from '../contract/index.js';
import { SternaError } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import { type ActivityDependencies, operate } from './operation.js';

const PROBES_AT_ONCE = 16;

/** Planning, pulling and probing, on the main queue: they change nothing. */
export function createReadActivities(
  dependencies: ActivityDependencies & { readonly router: TargetRouter },
): ReadActivities {
  const { router } = dependencies;
  return {
    planChange: (request) =>
      operate(dependencies, { target: request.target }, (context) =>
        router.use({ target: request.target, environment: request.environment, type: request.type }, (client) =>
          client.plan(request, context),
        ),
      ),

    pullTables: ({ target, environment, namespaces }) =>
      operate(dependencies, { target }, (context) =>
        router.use({ target, environment, type: 'mysql' }, (client) =>
          client.pull(namespaces === undefined ? {} : { namespaces }, context),
        ),
      ),

    probeAll: (request) =>
      operate(dependencies, {}, async (context) => {
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
            const [index, summary] = next;
            const place = {
              target: summary.target,
              ...(summary.environment === undefined ? {} : { environment: summary.environment }),
            };
            try {
              results[index] = {
                ...place,
                ...(await router.use({ ...place, type: 'mysql' }, (client) => client.probe(context))),
              };
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

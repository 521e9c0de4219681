import path from 'node:path';
import boundaries from 'eslint-plugin-boundaries';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Which module may import which (docs/architecture.md): to the right only, and `contract` from everywhere.
 * What is missing here is refused.
 */
const MAY_IMPORT = {
  contract: [],
  mysql: ['contract'],
  planner: ['mysql', 'contract'],
  engine: ['mysql', 'contract'],
  target: ['planner', 'engine', 'mysql', 'contract'],
  // The two hand a connection's description on to the target client, and open none.
  inventory: ['mysql', 'contract'],
  router: ['inventory', 'target', 'mysql', 'contract'],
  // What runs beside the databases without Temporal.
  local: ['router', 'inventory', 'target', 'contract'],
  // Only how payloads travel; both ends use it.
  codec: [],
  activities: ['codec', 'router', 'target', 'contract'],
  workflows: ['contract'],
  client: ['codec', 'contract'],
  // Activities meet router and inventory here; workflows are bundled from their path, not imported.
  worker: ['codec', 'activities', 'router', 'inventory', 'target', 'contract'],
  // Some commands run next to the databases: `worker`, `doctor` and `--local`.
  cli: ['client', 'worker', 'local', 'router', 'inventory', 'target', 'contract'],
};

const MODULES = Object.keys(MAY_IMPORT);

const anyOf = (/** @type {string[]} */ types) => ({ element: { types: { anyOf: types } } });
const noneOf = (/** @type {string[]} */ types) => ({ element: { types: { noneOf: types } } });
const packages = (/** @type {string[]} */ source) => ({ module: { origin: 'external', source } });

/** The last policy that matches decides. */
const policies = [
  ...Object.entries(MAY_IMPORT).map(([from, to]) => ({ from: anyOf([from]), allow: { to: anyOf([from, ...to]) } })),
  { from: noneOf(['contract', 'workflows']), allow: { to: { module: { origin: ['external', 'core'] } } } },
  { from: anyOf(['workflows']), allow: { to: packages(['@temporalio/workflow', '@temporalio/common']) } },
  {
    from: noneOf(['mysql']),
    disallow: { to: packages(['mysql2', '@vlasky/zongji']) },
    message: 'Only src/mysql touches the driver.',
  },
  {
    from: noneOf(['activities', 'workflows', 'codec', 'client', 'worker', 'cli']),
    disallow: { to: packages(['@temporalio/*']) },
    message: 'This module is usable in any Node process: it must not know Temporal.',
  },
];

/** ESLint configuration that upholds the direction of imports in src/. */
export const importRule = {
  files: ['src/**/*.ts'],
  ignores: ['src/index.ts'], // only exports what the modules offer
  plugins: { boundaries },
  settings: {
    'boundaries/root-path': ROOT,
    'boundaries/elements': MODULES.map((type) => ({ type, pattern: `src/${type}`, partialMatch: false })),
    'import/resolver': { [path.join(import.meta.dirname, 'eslint-resolver.cjs')]: {} },
  },
  rules: {
    'boundaries/no-unknown-files': 'error',
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        checkAllOrigins: true,
        message: '{{from.type}} must not import {{dependency.source}} (docs/architecture.md, which way imports point).',
        policies,
      },
    ],
  },
};

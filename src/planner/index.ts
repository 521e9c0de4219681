export * from '../mysql/connecting.js';
export { lintSchema } from './lint-schema.js';
export { planChange } from './plan-change.js';
export type { PlanningDependencies, PlanningLog } from './planning.js';
export { pullSchema } from './pull-schema.js';
export { examineServer, type Examination } from './server-findings.js';

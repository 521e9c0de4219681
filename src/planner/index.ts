export { planChange, type PlanningDependencies, type PlanningLog } from './plan-change.js';
export { pullSchema } from './pull-schema.js';
export { examineServer } from './server-findings.js';

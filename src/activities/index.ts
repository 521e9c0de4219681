export { createChangeActivities } from './change-activities.js';
export { createControlActivities } from './control-activities.js';
export { createReadActivities } from './read-activities.js';
export { describeForLog } from './failure.js';

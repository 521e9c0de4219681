export { type LocalOutcome, planLocally, runLocally } from './local-change.js';
export { type Diagnosis, diagnose } from './doctor.js';
export { type Answer } from './stand.js';

export { type LocalOptions, type LocalOutcome, planLocally, runLocally } from './local-change.js';
export { type Diagnosis, diagnose, type DoctorRequest } from './doctor.js';
export { type Answer } from './stand.js';

export { type LocalOptions, type LocalOutcome, planLocally, runLocally } from './local-change.js';

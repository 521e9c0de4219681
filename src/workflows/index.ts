export { probeTargets } from './probe-targets.js';
export { pullSchema } from './pull-schema.js';
export { schemaChange } from './schema-change.js';
export { undropTable } from './undrop-table.js';
export { targetReservation } from './target-reservation.js';

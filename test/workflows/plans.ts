import type { Plan, PlannedTask } from '../../src/contract/index.js';

/** A task as a planner would make it; tests name what matters to them. */
export function plannedTask(table: string, given: Partial<PlannedTask> = {}): PlannedTask {
  return {
    id: `shop.${table}`,
    namespace: 'shop',
    table,
    action: 'alter',
    statements: [`ALTER TABLE \`${table}\` ADD COLUMN \`note\` varchar(20)`],
    execution: 'copy',
    executionReason: 'asked for by the test',
    safety: 'safe',
    reasons: [],
    lint: [],
    liveDefinition: null,
    desiredDefinition: null,
    liveFingerprint: null,
    desiredFingerprint: null,
    estimatedRows: 1_000,
    estimatedBytes: 65_536,
    ...given,
  };
}

export const PLAN_HASH = 'a'.repeat(64);

export function plan(tasks: readonly PlannedTask[], target = 'shop', environment = 'test'): Plan {
  return {
    format: 1,
    route: { target, environment, type: 'mysql', namespaces: ['shop'] },
    server: { version: '9.7.4', settings: {} },
    tasks,
    ignoredTables: [],
    planHash: PLAN_HASH,
  };
}

export function unsafe(table: string): PlannedTask {
  return plannedTask(table, {
    safety: 'unsafe',
    reasons: [{ code: 'drops-column', message: 'drops `k`', column: 'k' }],
  });
}

export function blocked(table: string): PlannedTask {
  return plannedTask(table, { safety: 'blocked', reasons: [{ code: 'foreign-key', message: 'has a foreign key' }] });
}

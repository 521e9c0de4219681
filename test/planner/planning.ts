import type { Plan, PlanRequest } from '../../src/contract/index.js';
import type { MysqlServer } from '../../src/mysql/index.js';
import { planChange, type PlanningDependencies } from '../../src/planner/index.js';

/** Namespaces are schemas of the server, and nobody reads the log. */
export function dependencies(server: MysqlServer, signal = new AbortController().signal): PlanningDependencies {
  return { server, physical: (namespace) => namespace, signal, log: { warn: () => undefined } };
}

export function request(
  what: Pick<PlanRequest, 'schema' | 'statements' | 'ignoreTables' | 'onlyTables' | 'direct'>,
): PlanRequest {
  return { target: 'a', environment: 'test', type: 'mysql', ...what };
}

/** Of a namespace that is to have these tables: one file each. */
export function planTables(server: MysqlServer, namespace: string, definitions: readonly string[]): Promise<Plan> {
  const files = Object.fromEntries(definitions.map((sql) => [`${tableName(sql)}.sql`, sql]));
  return planChange(dependencies(server), request({ schema: { [namespace]: files } }));
}

export function tableName(sql: string): string {
  const [, quoted, plain] = /^CREATE TABLE (?:`((?:[^`]|``)+)`|(\w+)) /.exec(sql) ?? [];
  const name = quoted?.replaceAll('``', '`') ?? plain;
  if (name === undefined) throw new Error(`Expected CREATE TABLE, found ${sql.slice(0, 80)}.`);
  return name;
}

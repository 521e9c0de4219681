import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { LintFinding, Plan, PlannedTask, Reason, RenamedColumn, Route } from '../../src/contract/index.js';
import { MysqlServer } from '../../src/mysql/index.js';
import { ROOT } from '../../tools/dev/paths.js';
import { planTables } from '../planner/planning.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig, testServers } from '../support/servers.js';

interface Shape {
  readonly properties: Readonly<Record<string, Shape>>;
  readonly items: Shape;
  readonly definitions: Readonly<Record<string, Shape>>;
}

const schema = JSON.parse(readFileSync(path.join(ROOT, 'docs/plan.schema.json'), 'utf8')) as Shape;

/** The names of a type, all of them: one that is missing here does not compile. */
function names<T>(all: Record<keyof Required<T>, true>): string[] {
  return Object.keys(all).sort();
}

const TASK = names<PlannedTask>({
  ...({ id: true, namespace: true, table: true, action: true, statements: true, execution: true } as const),
  ...({ executionReason: true, safety: true, reasons: true, lint: true } as const),
  ...({ revertible: true, revertReasons: true, renamedColumns: true, directLimits: true } as const),
  ...({ liveDefinition: true, desiredDefinition: true, liveFingerprint: true, desiredFingerprint: true } as const),
  ...({ estimatedRows: true, estimatedBytes: true, estimatedSeconds: true } as const),
});

describe('docs/plan.schema.json', () => {
  const { task, reason } = schema.definitions;

  it.each<[string, Shape | undefined, string[]]>([
    [
      'the plan',
      schema,
      names<Plan>({ format: true, route: true, server: true, tasks: true, ignoredTables: true, planHash: true }),
    ],
    [
      'the route',
      schema.properties.route,
      names<Route>({ target: true, environment: true, type: true, namespaces: true }),
    ],
    ['a task', task, TASK],
    ['a reason', reason, names<Reason>({ code: true, message: true, column: true })],
    [
      'a finding',
      task?.properties.lint?.items,
      names<LintFinding>({ rule: true, severity: true, message: true, column: true }),
    ],
    ['a rename', task?.properties.renamedColumns?.items, names<RenamedColumn>({ from: true, to: true })],
  ])('has every field of %s', (_, shape, expected) => {
    expect(Object.keys(shape?.properties ?? {}).sort()).toEqual(expected);
  });

  it('describes plans as they are made, and no others', async () => {
    const validate = new Ajv().compile<Plan>(schema);
    const space = await TestNamespace.create('planschema');
    const server = await MysqlServer.open(connectionConfig(testServers().mysqlA));
    try {
      await space.query('CREATE TABLE a (id INT PRIMARY KEY, k INT, f FLOAT, mail TEXT)');
      await space.query('CREATE TABLE gone (id INT PRIMARY KEY)');
      await space.query('CREATE TABLE p (id INT PRIMARY KEY)');
      await space.query('CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES p (id))');
      const plan = await planTables(server, space.name, [
        'CREATE TABLE a (id INT PRIMARY KEY, k SMALLINT, f FLOAT,\n-- sterna:renamed from=mail\nemail TEXT)',
        'CREATE TABLE p (id BIGINT PRIMARY KEY)',
        'CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES p (id))',
        'CREATE TABLE made (id INT PRIMARY KEY)',
      ]);
      expect(plan.tasks.map(({ action, safety }) => `${action} ${safety}`).sort()).toEqual([
        ...['alter blocked', 'alter unsafe', 'create safe', 'drop unsafe'],
      ]);
      expect(validate(plan), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...plan, tasks: [{ ...plan.tasks[0], safety: 'fine' }] })).toBe(false);
      expect(validate({ ...plan, more: 1 })).toBe(false);
    } finally {
      await server.close();
      await space.drop();
    }
  });
});

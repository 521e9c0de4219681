import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../../tools/dev/paths.js';
import { TestDataPlane } from '../support/data-plane.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { testServers } from '../support/servers.js';
import { until } from '../support/until.js';

const text = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** What Prometheus takes as a file of rules; strict, so that a slip of the pen is told. */
const words = z.record(z.string(), z.string().min(1));
const rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Sterna\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
          annotations: words,
        }),
      ),
    }),
  ),
});
const ALERTS = rules.parse(parse(text('deploy/alerts.yaml'))).groups.flatMap((group) => group.rules);

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
const { panels } = JSON.parse(text('deploy/grafana-dashboard.json')) as Dashboard;
const EXPRESSIONS = [...ALERTS.map(({ expr }) => expr), ...panels.flatMap(({ targets }) => targets.map((t) => t.expr))];

/** Names of the series that an expression asks for. */
function seriesOf(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new Error(`Expected PromQL, got ${expression.slice(0, to)}<here>`);
      if (type.name === 'Identifier') names.push(expression.slice(from, to));
    },
  });
  return names;
}

let space: TestNamespace;
let plane: TestDataPlane;
let port: string;
let metrics: string;

/** A worker that has seen all that there are metrics of: ends of every kind, and a history that is not for its code. */
beforeAll(async () => {
  space = await TestNamespace.create('metrics');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 100);
  plane = await TestDataPlane.create('metrics');
  await plane.startWorker();
  port = /"healthPort":(\d+)/.exec(await readFile(path.join(plane.folder, 'worker.log'), 'utf8'))?.[1] ?? '';
  const start = (statement: string, autoApply: boolean, target = plane.target): Promise<string> =>
    plane.client.start({
      ...{ target, environment: 'test', caller: 'test', options: { autoApply } },
      statements: { [space.name]: [statement] },
    });
  await plane.client.result(await start('ALTER TABLE t MODIFY note TEXT NOT NULL', true));
  await expect(plane.client.result(await start('ALTER TABLE t ADD x INT', true, 'nobody'))).rejects.toThrow();
  const cancelled = await start('ALTER TABLE t ADD x INT', false);
  await until('it is planned', async () => (await plane.client.status(cancelled)).state === 'planned');
  await plane.client.send(cancelled, 'cancel', { caller: 'test' });
  await expect(plane.client.result(cancelled)).rejects.toThrow();

  const connection = await Connection.connect({ address: testServers().temporalAddress });
  try {
    const stranger = await new Client({ connection }).workflow.start('ofAnotherVersion', {
      taskQueue: plane.name,
      workflowId: `stranger/${plane.name}`,
    });
    await until('its task has failed', async () => (await fetchMetrics()).includes('workflow_task_execution_failed'));
    await stranger.terminate();
  } finally {
    await connection.close();
  }
  metrics = await fetchMetrics();
});
afterAll(async () => {
  await plane.stopWorkers();
  await plane[Symbol.asyncDispose]();
  await space.drop();
});

async function fetchMetrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

it.each(EXPRESSIONS)('a worker has every series of %s', (expression) => {
  const found = seriesOf(expression);
  expect(found.length).toBeGreaterThan(0);
  for (const name of found) expect(metrics).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
});

it('labels that are asked for are there, with the values that are asked for', () => {
  const wanted = EXPRESSIONS.join('\n');
  for (const [, name = '', value = ''] of wanted.matchAll(/(\w+)="(\w+)"/g))
    expect(metrics, `${name}="${value}"`).toContain(`${name}="${value}"`);
  for (const [, names = ''] of wanted.matchAll(/ by \(([\w, ]+)\)/g))
    for (const name of names.split(', ')) expect(metrics, name).toContain(`${name}="`);
  for (const queue of ['control', 'copy']) expect(metrics).toContain(`task_queue="${plane.name}.${queue}"`);
});

describe('the alerts', () => {
  it('have names of their own, and say what happens and what to do', () => {
    expect(new Set(ALERTS.map(({ alert }) => alert)).size).toBe(ALERTS.length);
    for (const { annotations } of ALERTS) expect(Object.keys(annotations)).toEqual(['summary', 'action']);
  });

  it('are all in docs/operations.md', () => {
    const listed = [...text('docs/operations.md').matchAll(/^\| `(Sterna\w+)`/gm)].map(([, name]) => name);
    expect(listed).toEqual(ALERTS.map(({ alert }) => alert));
  });
});

it('the panels of the dashboard do not cover each other', () => {
  const taken = new Set<string>();
  for (const { gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(x).toBeLessThan(24);
        expect(taken.has(`${x}/${y}`)).toBe(false);
        taken.add(`${x}/${y}`);
      }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

it('the health check of the image asks a worker that is there, and notices one that is not', async () => {
  const check = /^ {2}CMD \["node", "-e", "(.+)"\]$/m.exec(text('deploy/Containerfile'))?.[1] ?? '';
  const ask = (at: string): Promise<unknown> =>
    promisify(execFile)(process.execPath, ['-e', check], { env: { STERNA_HEALTH_PORT: at } });
  await ask(port);
  await expect(ask('1')).rejects.toMatchObject({ code: 1 });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINT_LEVELS, LINT_RULES, type LintRule } from '../../src/contract/index.js';
import { canonicalDefinition, MysqlServer, readDefinition, type Session } from '../../src/mysql/index.js';
import { diffTables } from '../../src/planner/diff.js';
import { lintSchema, planChange } from '../../src/planner/index.js';
import { lintTasks, readReservedWords } from '../../src/planner/lint-tasks.js';
import { lintTable } from '../../src/planner/lint/index.js';
import { parseDefinition, type TableDefinition } from '../../src/planner/table-definition.js';
import { TestNamespace } from '../support/namespace.js';
import { connectionConfig } from '../support/servers.js';
import { dependencies, request } from './planning.js';

const DOCS = path.resolve(import.meta.dirname, '../../docs/lint.md');

let space: TestNamespace;
let server: MysqlServer;
let session: Session;
beforeAll(async () => {
  space = await TestNamespace.create('lint');
  server = await MysqlServer.open(connectionConfig(space.server));
  session = await server.connect({ namespace: space.name, settings: { sql_mode: '', foreign_key_checks: 0 } });
});
afterAll(async () => {
  await session.close();
  await server.close();
  await space.drop();
});

const sections = readFileSync(DOCS, 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    rule: text.slice(0, text.indexOf('\n')) as LintRule,
    level: /^`(\w+)`\. /m.exec(text)?.[1],
    statements: (/```sql\n([\s\S]*?)```/.exec(text)?.[1] ?? '').split(/;\n/).filter((sql) => sql.trim() !== ''),
    fix: /^Fix: \S/m.test(text),
  }));

describe('docs/lint.md', () => {
  it('has every rule with its level, an example and a fix, by name', () => {
    expect(sections.map(({ rule }) => rule)).toEqual(Object.keys(LINT_RULES));
    for (const { rule, level, statements, fix } of sections) {
      expect({ rule, level, fix }).toEqual({ rule, level: LINT_RULES[rule], fix: true });
      expect(statements.length).toBeGreaterThan(0);
      expect(LINT_LEVELS).toContain(level);
    }
  });

  it.each(sections)('the example of $rule is found by it', async ({ rule, statements }) => {
    const texts: string[] = [];
    try {
      for (const sql of statements) {
        await session.execute(sql);
        texts.push(canonicalDefinition((await readDefinition(session, space.name, 'example')) ?? ''));
      }
      const [first, last] = [parseDefinition(texts[0] ?? ''), parseDefinition(texts.at(-1) ?? '')];
      // Through the plan's own path, which reads counters and reserved words of the server.
      const [task] = await lintTasks(session, space.name, [taskOf(texts.length > 1 ? texts[0] : null, texts.at(-1))], {
        [rule]: 'warning',
      });
      const isRelation = rule === 'foreign-key-parent';
      const facts = { reservedWords: await readReservedWords(session), tables: tables(last), isWhole: true };
      const found = isRelation
        ? lintTable({ name: 'example', definition: last, differences: diffTables(first, last) }, facts)
        : (task?.lint ?? []);
      expect(found.map((finding) => finding.rule)).toContain(rule);
    } finally {
      await session.execute('DROP TABLE IF EXISTS example');
    }
  });
});

const tables = (definition: TableDefinition): Map<string, TableDefinition> => new Map([['example', definition]]);

function taskOf(live: string | null | undefined, desired: string | undefined): Parameters<typeof lintTasks>[2][number] {
  return {
    id: `${space.name}.example`,
    namespace: space.name,
    table: 'example',
    action: 'alter',
    statements: [],
    execution: 'copy',
    executionReason: '',
    safety: 'safe',
    reasons: [],
    lint: [],
    liveDefinition: live ?? null,
    desiredDefinition: desired ?? null,
    liveFingerprint: null,
    desiredFingerprint: null,
    estimatedRows: 0,
    estimatedBytes: 0,
  };
}

const CLEAN =
  'CREATE TABLE `orders` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, `customer_id` bigint unsigned NOT NULL, `code` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `created` datetime NOT NULL, PRIMARY KEY (`id`), UNIQUE KEY `code` (`code`), KEY `customer_created` (`customer_id`,`created`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4';

describe('lint', () => {
  it('finds nothing in a table as it should be, and takes DESC, longer names and other parents for what they are', async () => {
    const schema = {
      [space.name]: {
        'orders.sql': CLEAN,
        'customers.sql':
          'CREATE TABLE customers (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, KEY a (a DESC), KEY ab (a, b))',
      },
    };
    expect(await lintSchema(dependencies(server), { schema })).toEqual([
      { namespace: space.name, table: 'customers', findings: [] },
      { namespace: space.name, table: 'orders', findings: [] },
    ]);
    expect(await space.tables(), 'and leaves nothing').toEqual([]);
  });

  it('knows a counter as it is, and not as the server has noted it before', async () => {
    await space.query('CREATE TABLE c (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY); INSERT INTO c VALUES (1)');
    await space.query('SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()'); // noted
    await space.query('INSERT INTO c VALUES (220)');
    const alter = { [space.name]: ['ALTER TABLE c ADD COLUMN x INT'] };
    const { tasks } = await planChange(dependencies(server), request({ statements: alter }));
    expect(tasks[0]?.lint).toMatchObject([{ rule: 'auto-increment-type' }, { rule: 'auto-increment-capacity' }]);
    await space.query('DROP TABLE c');
  });

  it('levels say what counts; an error blocks the table, and its plan differs by nothing else (P3)', async () => {
    const schema = { [space.name]: { 't.sql': 'CREATE TABLE t (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, x FLOAT)' } };
    const plan = async (lint: Parameters<typeof lintTasks>[3]) =>
      planChange(dependencies(server), { ...request({ schema }), ...(lint === undefined ? {} : { lint }) });
    const [info, off, error] = [await plan(undefined), await plan({ float: 'off' }), await plan({ float: 'error' })];
    expect(info.tasks[0]).toMatchObject({ safety: 'safe', lint: [{ rule: 'float', severity: 'info', column: 'x' }] });
    expect(off.tasks[0]).toMatchObject({ safety: 'safe', lint: [] });
    expect(off.planHash, 'what is told is no part of what is approved').toBe(info.planHash);
    expect(error.tasks[0]).toMatchObject({ safety: 'blocked', reasons: [{ code: 'lint-float', column: 'x' }] });
    expect(error.planHash).not.toBe(info.planHash);
  });
});

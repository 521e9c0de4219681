import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanRequest } from '../../src/contract/index.js';
import { type LocalOutcome, runLocally } from '../../src/local/index.js';
import type { TargetClient } from '../../src/target/index.js';
import { openTargetClient } from '../../src/target/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { connectionConfig } from '../support/servers.js';

type Step = 'runStatements' | 'prepareTables' | 'copyTables' | 'cutOver' | 'cleanUp';
const STEPS: readonly Step[] = ['runStatements', 'prepareTables', 'copyTables', 'cutOver', 'cleanUp'];

let space: TestNamespace;
let client: TargetClient;
beforeEach(async () => {
  space = await TestNamespace.create('interrupt');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 500);
  client = await openTargetClient('mysql', {
    connection: connectionConfig(space.server),
    physical: (namespace) => namespace,
    limits: { copies: 1_000 }, // those of other tests take no place away
    requireWriter: false,
  });
});
afterEach(async () => {
  await client.close();
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** Ends a run as a crash does: nothing of it is caught or cleaned up. */
class Crash extends Error {}

interface Run {
  readonly outcome: LocalOutcome | 'crashed';
  /** Steps that were begun. */
  readonly steps: readonly Step[];
}

async function run(statement: string, crash?: { readonly at: Step; readonly when: 'before' | 'after' }): Promise<Run> {
  const steps: Step[] = [];
  const watched = new Proxy(client, {
    get: (real, name: keyof TargetClient) => {
      const method = real[name].bind(real) as (...args: unknown[]) => Promise<unknown>;
      const step = STEPS.find((each) => each === name);
      if (step === undefined) return method;
      return async (...args: unknown[]) => {
        steps.push(step);
        if (crash?.at === step && crash.when === 'before') throw new Crash();
        const result = await method(...args);
        if (crash?.at === step) throw new Crash();
        return result;
      };
    },
  });
  const request: PlanRequest = {
    target: 'shop',
    environment: 'test',
    type: 'mysql',
    statements: { [space.name]: [statement] },
  };
  const none = (): void => undefined;
  try {
    const outcome = await runLocally({ use: (_, work) => work(watched) }, request, {
      allowUnsafe: false,
      volume: 11,
      resume: 'sterna alter …',
      drain: new AbortController().signal,
      log: { debug: none, info: none, warn: none, error: none },
      show: none,
    });
    return { outcome, steps };
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return { outcome: 'crashed', steps };
  }
}

const MODIFY = 'ALTER TABLE t MODIFY k BIGINT NOT NULL';
const ADD = 'ALTER TABLE t ADD COLUMN more INT';

describe('the same change goes on from wherever it was interrupted', () => {
  it.each([
    {
      statement: MODIFY,
      at: 'prepareTables',
      when: 'before',
      then: ['prepareTables', 'copyTables', 'cutOver', 'cleanUp'],
    },
    {
      statement: MODIFY,
      at: 'prepareTables',
      when: 'after',
      then: ['prepareTables', 'copyTables', 'cutOver', 'cleanUp'],
    },
    { statement: MODIFY, at: 'copyTables', when: 'after', then: ['cutOver', 'cleanUp'] },
    { statement: MODIFY, at: 'cutOver', when: 'after', then: ['cutOver', 'cleanUp'] },
    { statement: MODIFY, at: 'cleanUp', when: 'before', then: ['cutOver', 'cleanUp'] },
    { statement: ADD, at: 'runStatements', when: 'before', then: ['runStatements', 'cleanUp'] },
    { statement: ADD, at: 'runStatements', when: 'after', then: ['runStatements', 'cleanUp'] },
  ] as const)('$when $at: $statement (E4, E5)', async ({ statement, at, when, then }) => {
    expect((await run(statement, { at, when })).outcome).toBe('crashed');
    // Rows that came meanwhile are taken along, whether they find the old table or the new one.
    await space.query("INSERT INTO t (k, note) VALUES (7, 'meanwhile')");
    const { outcome, steps } = await run(statement);
    expect(steps).toEqual(then);
    expect(outcome).toMatchObject({ status: { state: 'completed', tasks: [{ state: 'completed' }] } });
    expect(await space.query('SELECT COUNT(*) AS n, SUM(note = ?) AS late FROM t', ['meanwhile'])).toEqual([
      { n: '501', late: '1' },
    ]);
    expect(await space.tables()).toEqual(['t']);
  });

  it('a swap that nobody saw is decided from the target (E5)', async () => {
    expect((await run(MODIFY, { at: 'copyTables', when: 'after' })).outcome).toBe('crashed');
    const [state = ''] = (await space.tables()).filter((name) => /^_sterna_[0-9a-f]{20}$/.test(name));
    await space.query(
      `UPDATE \`${state}\` SET record = JSON_SET(record, '$.swapIntended', TRUE) WHERE id LIKE 'table:%'`,
    );
    await space.query('RENAME TABLE t TO _t_sterna_old, _t_sterna_new TO t'); // and here the process was lost
    const { outcome, steps } = await run(MODIFY);
    expect(outcome).toMatchObject({ status: { state: 'completed' } });
    expect(steps).toEqual(['cutOver', 'cleanUp']);
    expect(await space.tables()).toEqual(['t']);
    expect(await space.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '500' }]);
  });

  it('goes on with the plan that was made: a table that was changed since is drifted, and left as it is (P1, E7)', async () => {
    expect((await run(MODIFY, { at: 'copyTables', when: 'before' })).outcome).toBe('crashed');
    await space.query('ALTER TABLE t ADD COLUMN more INT');
    const { outcome } = await run(MODIFY);
    expect(outcome).toMatchObject({ error: { code: 'drifted' }, status: { state: 'failed' } });
    expect(await space.tables()).toEqual(['t']);
    expect((await run(MODIFY)).outcome).toMatchObject({ status: { state: 'completed' } }); // a new plan
  });

  it('another statement is another change, which is refused while the first has the table (E1)', async () => {
    expect((await run(MODIFY, { at: 'copyTables', when: 'before' })).outcome).toBe('crashed');
    const { outcome } = await run('ALTER TABLE t MODIFY note VARCHAR(300) NOT NULL');
    expect(outcome).toMatchObject({ error: { code: 'target_held' } });
    expect((await run(MODIFY)).outcome).toMatchObject({ status: { state: 'completed' } });
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PATIENCE } from '../../src/mysql/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';

/** Milliseconds in which a statement that moves or reads rows has to be answered here: a busy machine has to, too. */
const ANSWER_MS = 1_200;
/** How long the statement waits: longer than that, and shorter than the lock waits of 2 s that end it. */
const HELD_MS = 1_600;

const usual = { ...PATIENCE };
let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('long');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 500);
  PATIENCE.answer = ANSWER_MS;
});
afterEach(async () => {
  Object.assign(PATIENCE, usual);
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

/** Runs `work` while `table` is locked, until a statement like this has waited longer than others may. */
async function held<T>(table: string, statement: string, work: () => Promise<T>): Promise<T> {
  const other = await connect(space.server, space.name);
  await other.query(`LOCK TABLES \`${table}\` WRITE`);
  let ended = false;
  const working = work().finally(() => (ended = true));
  working.catch(() => undefined); // awaited below
  const waited = `SELECT 1 FROM performance_schema.events_statements_current WHERE END_EVENT_ID IS NULL
    AND SQL_TEXT LIKE ? AND (CURRENT_SCHEMA = ? OR LOCATE(?, SQL_TEXT) > 0) AND TIMER_WAIT > ?`;
  const values = [statement, space.name, space.name, HELD_MS * 1e9];
  try {
    await until('it has waited for long', async () => ended || (await space.query(waited, values)).length > 0);
  } finally {
    await other.query('UNLOCK TABLES');
    await other.end();
  }
  return working;
}

describe('a statement that may take hours is waited for longer than any other', () => {
  it('which looks for duplicates of a new unique key', async () => {
    await using change = await EngineChange.plan(space, 't', 'ADD UNIQUE KEY u (k)');
    await change.prepare();
    expect(await held('t', 'SELECT%HAVING COUNT%', () => change.copy())).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('which makes the statistics of the new table', async () => {
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await change.copy();
    expect(await held('_t_sterna_new', 'ANALYZE%', () => change.cutOver())).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });

  it('which changes a definition', async () => {
    await using change = await EngineChange.plan(space, 't', 'ADD COLUMN n INT');
    const run = (): Promise<unknown> => change.change.runStatements(change.step, change.context());
    expect(await held('t', 'ALTER%', run)).toMatchObject({ outcome: 'done' });
    await change.cleanUp();
  });
});

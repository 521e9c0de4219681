import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/contract/index.js';
import { ChangeHold } from '../../src/engine/change-hold.js';
import { stateTableName, tableLockName } from '../../src/engine/names.js';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
let change: EngineChange;
beforeEach(async () => {
  space = await TestNamespace.create('hold');
  await space.query(PLAIN_TABLE);
  change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
});
afterEach(async () => {
  await change[Symbol.asyncDispose]();
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

const take = (): Promise<ChangeHold> => ChangeHold.take(change.server, change.step.changeId, (namespace) => namespace);

function plan(): Plan {
  const { tasks, route, planHash } = change.step;
  return { format: 1, route, server: { version: '', settings: {} }, tasks, ignoredTables: [], planHash };
}

async function killHolder(): Promise<void> {
  const [row] = await space.query<{ id: string }>('SELECT IS_USED_LOCK(?) AS id', [
    `${stateTableName(change.step.changeId)}_process`,
  ]);
  await space.query(`KILL ${row?.id}`);
}

describe('a change that a process drives by itself', () => {
  it('is held by one process at a time, until its connection has gone (E1)', async () => {
    await using first = await take();
    await expect(take()).rejects.toMatchObject({ code: 'target_held' });
    await first[Symbol.asyncDispose]();
    await (await take())[Symbol.asyncDispose]();
  });

  it('keeps its plan to the letter, for whoever holds it next (E4, P1)', async () => {
    const made = plan();
    await using first = await take();
    expect(await first.find([space.name])).toBe(null);
    await first.keep({ plan: made, resume: 'sterna …' }, change.step.control);
    await first[Symbol.asyncDispose]();
    await using second = await take();
    expect(await second.find(['nowhere', space.name])).toEqual({ plan: made, resume: 'sterna …' });
    await change.cleanUp();
  });

  it('takes a lost lock again, but not from another process, and does nothing for a change that has ended (E1, S1)', async () => {
    await using hold = await take();
    await hold.keep({ plan: plan(), resume: '' }, change.step.control);
    await killHolder();
    await hold.confirm();
    await killHolder();
    await using other = await take();
    await expect(hold.confirm()).rejects.toMatchObject({ code: 'target_held' });
    await other.find([space.name]);
    await other.confirm();
    await change.cleanUp(); // by whoever
    await expect(other.confirm()).rejects.toMatchObject({ code: 'driver_replaced' });
  });
});

describe('a table', () => {
  it('is taken by one change, also when two come at the same moment (E1)', async () => {
    await using other = await EngineChange.plan(space, 't', 'MODIFY note VARCHAR(300) NOT NULL');
    const rival = { ...other.step, changeId: `${space.name}.rival` };
    const holder = await connect(space.server);
    await holder.query('SELECT GET_LOCK(?, 0)', [tableLockName(space.name, 't')]);
    const both = [
      change.change.prepareTables(change.step, change.context()),
      other.change.prepareTables(rival, other.context()),
    ];
    await until('both want it', async () => {
      const waiting = await space.query(
        "SELECT 1 FROM performance_schema.processlist WHERE state = 'User lock' AND info LIKE '%_sterna_table_%' AND info NOT LIKE '%processlist%'",
      );
      return waiting.length >= 2;
    });
    await holder.end();
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'target_held' } });
    const lost = outcomes[0]?.status === 'rejected' ? change.step : rival;
    const won = lost === rival ? change.step : rival;
    await change.change.cleanUp(lost, change.context());
    expect(await space.tables()).toContain('_t_sterna_new'); // of the one that has it
    await change.change.cleanUp(won, change.context());
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../support/leaks.js';
import { TestNamespace } from '../support/namespace.js';
import { EngineChange, fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';

let space: TestNamespace;
beforeEach(async () => {
  space = await TestNamespace.create('underneath');
});
afterEach(async () => {
  await expectNoLeaks({ namespaces: [space] });
  await space.drop();
});

describe('what happens underneath', () => {
  it('refuses a table that is not as planned (P1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await space.query('ALTER TABLE t ADD COLUMN surprise INT');
    await expect(change.prepare()).rejects.toMatchObject({ code: 'drifted' });
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });

  it('refuses to go on with a table that was changed while no driver was there (P1)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await change.prepare();
    await space.query('ALTER TABLE t ADD COLUMN surprise INT');
    await expect(change.copy()).rejects.toMatchObject({ code: 'drifted' });
    await change.cleanUp();
  });

  it.each([
    ['a trigger', 'CREATE TRIGGER watcher BEFORE INSERT ON t FOR EACH ROW SET NEW.k = 1'],
    ['a foreign key', 'CREATE TABLE child (t BIGINT, CONSTRAINT fk_child FOREIGN KEY (t) REFERENCES t (id))'],
  ])('refuses a table that got %s after it was planned, which its definition does not tell (P3)', async (_, sql) => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await space.query(sql);
    await expect(change.prepare()).rejects.toMatchObject({
      code: 'drifted',
      message: expect.stringMatching(/watcher|fk_child/) as string,
    });
    await change.cleanUp();
  });

  it.each(['ALTER TABLE t ADD COLUMN surprise INT', 'TRUNCATE TABLE t'])(
    'ends the change when somebody runs %s during the copy',
    async (sql) => {
      await space.query(PLAIN_TABLE);
      await fill(space, 't', 20_000);
      await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
      await change.prepare();
      await change.control({ volume: 3 });
      const copying = change.copy();
      copying.catch(() => undefined); // asserted below
      await until('it copies', () => change.progress.some((p) => p.phase === 'copying'));
      await space.query(sql);
      await expect(copying).rejects.toMatchObject({ code: 'table_changed_underneath' });
      await change.cleanUp();
    },
  );

  it.each(['_t_sterna_new', '_t_sterna_old'])('does not touch a table of a name that it needs (E7)', async (name) => {
    await space.query(PLAIN_TABLE);
    await space.query(`CREATE TABLE ${name} (precious INT)`);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    await expect(change.prepare()).rejects.toMatchObject({ code: 'leftovers_found' });
    await change.cleanUp();
    expect(await space.tables()).toEqual([name, 't']);
    await space.query(`DROP TABLE ${name}`);
  });

  it('knows a shadow as its own before it exists: one that is not as planned is removed (E7)', async () => {
    await space.query(PLAIN_TABLE);
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    const tasks = change.step.tasks.map((task) => ({ ...task, desiredFingerprint: 'another' }));
    const step = { ...change.step, tasks };
    await expect(change.change.prepareTables(step, change.context())).rejects.toMatchObject({ code: 'drifted' });
    expect(await space.tables()).toContain('_t_sterna_new');
    await change.cleanUp();
    expect(await space.tables()).toEqual(['t']);
  });

  it('waits for XA transactions that were prepared before it started (E2)', async () => {
    await space.query(PLAIN_TABLE);
    await fill(space, 't', 100);
    const application = await connect(space.server, space.name);
    await application.query(
      `XA START '${space.name}'; UPDATE t SET note = 'from xa' WHERE id = 50; XA END '${space.name}'; XA PREPARE '${space.name}'`,
    );
    await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL');
    const preparing = change.prepare();
    await until('it waits', () => change.progress.some((p) => p.waitingFor?.includes('prepared XA')));
    await application.query(`XA COMMIT '${space.name}'`);
    await preparing;
    // And one prepared during the copy, committed while it holds.
    await application.query(
      `XA START '${space.name}'; UPDATE t SET note = 'second' WHERE id = 60; XA END '${space.name}'; XA PREPARE '${space.name}'`,
    );
    await change.copy();
    const holding = change.hold();
    await until('it holds', () => change.progress.some((p) => p.phase === 'holding'));
    await application.query(`XA COMMIT '${space.name}'`);
    await application.end();
    await change.control({ cutover: true });
    await holding;
    await change.cutOver();
    expect(await space.query('SELECT id, note FROM t WHERE id IN (50, 60)')).toEqual([
      { id: '50', note: 'from xa' },
      { id: '60', note: 'second' },
    ]);
    await change.cleanUp();
  });
});

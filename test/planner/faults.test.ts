import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Plan, SternaError } from '../../src/contract/index.js';
import { PATIENCE } from '../../src/mysql/index.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { connect } from '../support/servers.js';
import { until } from '../support/until.js';
import { FaultStage, NO_TRACES, once, type Outcome } from './fault-stage.js';

/** A server of its own: nobody else plans there, so that what is left was left by these plans. */
let mysql: MysqlProcess;
let stage: FaultStage;
let undisturbed: Plan;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
});
afterAll(async () => {
  await mysql[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await use(await FaultStage.open(mysql.server));
});
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

async function use(opened: FaultStage): Promise<void> {
  stage = opened;
  undisturbed = (await stage.plan()).plan ?? expect.fail('no plan');
}

const SCRATCH = '`\\_sterna\\_ws\\_%`.*';
const [MAKES, CONFIRMS, REMOVES] = [/^CREATE DATABASE/, /^SELECT IS_USED_LOCK/, /^DROP DATABASE/];
/** The first table in the scratch schema. */
const TRIES = /^CREATE TABLE/;

/** The plan as if nothing had happened, or this error: nothing in between. @param isPlan absent: either */
function expectEither({ plan, error }: Outcome, expected: object, isPlan = error === undefined): void {
  if (isPlan) expect({ error, planHash: plan?.planHash }).toEqual({ planHash: undisturbed.planHash });
  else expect(error).toMatchObject({ name: 'SternaError', ...expected });
}

const containing = (text: string): string => expect.stringContaining(text) as string;

describe('a connection of a planner', () => {
  it('is cut before any statement: the plan ends with that, and leaves nothing (P4)', async () => {
    await stage.everyMoment(
      ({ session }) => stage.cut(session.threadId),
      // The schema is removed on another connection then.
      (outcome, { sql }) => expectEither(outcome, { code: 'connection_lost' }, REMOVES.test(sql)),
      { step: 3 },
    );
  });

  it('guards the scratch schema and is cut at any moment: what was tried since is no plan, and nothing is left (P4)', async () => {
    let guard: number | undefined;
    await stage.everyMoment(
      async () => {
        if (guard !== undefined) await stage.cut(guard);
      },
      (outcome, { index }) => {
        const isNeeded = outcome.sent.slice(0, index + 1).some((sql) => MAKES.test(sql));
        const isConfirmed = outcome.sent.slice(0, index).some((sql) => CONFIRMS.test(sql));
        expectEither(outcome, { code: 'connection_lost' }, !isNeeded || isConfirmed);
      },
      {
        step: 5,
        watch: ({ session, sql }) => {
          if (MAKES.test(sql)) guard = session.threadId;
        },
        repair: () => void (guard = undefined),
      },
    );
  });

  it('goes silent with all others: the plan ends, and the schema is removed on a new one', async () => {
    const usual = { ...PATIENCE };
    onTestFinished(() => void Object.assign(PATIENCE, usual));
    await using proxy = await CuttingProxy.start(mysql.server);
    await using distant = await stage.through(proxy.server);
    Object.assign(PATIENCE, { plan: 500, kill: 500 });
    const silence = once(TRIES, () => {
      proxy.silence();
      return Promise.resolve();
    });
    expectEither(await stage.plan(silence, { server: distant }), { code: 'connection_lost' }, false);
    expect(await stage.scratchSchemas()).toEqual([]);
    expect(distant.openSessions).toBe(0);
  });
});

describe('the scratch schema', () => {
  const dropSchemas = async (): Promise<void> => {
    for (const name of await stage.scratchSchemas()) await stage.query(`DROP DATABASE \`${name}\``);
  };
  const dropTables = async (): Promise<void> => {
    const tables = await stage.query<{ name: string }>(
      "SELECT CONCAT('`', TABLE_SCHEMA, '`.`', TABLE_NAME, '`') AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE '\\\\_sterna\\\\_ws\\\\_%'",
    );
    for (const { name } of tables) await stage.query(`DROP TABLE IF EXISTS ${name}`);
  };

  it.each([
    ['is', dropSchemas],
    ['has its tables', dropTables],
  ])('%s dropped by somebody at any moment: no verdict on a table comes of it (P4)', async (_, fault) => {
    let times = 0;
    const judge = (outcome: Outcome): void => {
      // While it is being dropped, the drop is what a statement waits for, or is given up for.
      const isHeld = outcome.error instanceof SternaError && outcome.error.code === 'lock_not_granted';
      const expected = isHeld ? 'Expected to work in scratch schema' : 'somebody has dropped it';
      expectEither(outcome, { code: isHeld ? 'lock_not_granted' : 'workspace_lost', message: containing(expected) });
      if (outcome.error !== undefined) times += 1;
    };
    await stage.everyMoment(fault, judge, { step: 5 });
    expect(times, 'it mattered').toBeGreaterThan(5);
  });

  it('loses one of many tables: the work on all others ends with that', async () => {
    const files = Array.from({ length: 60 }, (_, i) => [`t${i}.sql`, `CREATE TABLE t${i} (id INT PRIMARY KEY)`]);
    const created = async (): Promise<number> =>
      Number((await stage.query("SHOW GLOBAL STATUS LIKE 'Com_create_table'"))[0]?.Value);
    const before = await created();
    const what = { schema: { [stage.space.name]: Object.fromEntries(files) as Record<string, string> } };
    const outcome = await stage.plan(once(/^SHOW CREATE TABLE `_sterna_ws/, dropTables), { what });
    expectEither(outcome, { code: 'workspace_lost' }, false);
    expect((await created()) - before).toBeLessThan(30);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('has a statement that goes on although its client has given up: it is ended, and the schema removed', async () => {
    const hang = once(TRIES, async ({ session }) => {
      const lost = session.execute("CREATE TABLE hangs AS SELECT BENCHMARK(1000000000000, CRC32('x')) AS n");
      lost.catch(() => undefined); // nobody waits for it
      await until('it runs', async () =>
        (await stage.query('SELECT INFO FROM performance_schema.processlist')).some((row) =>
          String(row.INFO).startsWith('CREATE TABLE hangs'),
        ),
      );
      session.destroy();
    });
    expectEither(await stage.plan(hang), { code: 'connection_lost' }, false);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('cannot be dropped: the error of the plan counts, it is told, and the next plan drops it', async () => {
    const backup = await connect(mysql.server);
    const lock = once(TRIES, () => backup.query('LOCK INSTANCE FOR BACKUP'));
    const outcome = await stage.plan(lock);
    expectEither(outcome, { code: 'lock_not_granted', message: containing('backup lock') }, false);
    const [left = ''] = await stage.scratchSchemas();
    expect(outcome.warnings).toMatchObject([{ schema: left, code: 'lock_not_granted' }]);
    await backup.end();
    expectEither(await stage.plan(), {}, true);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });
});

describe('an abort', () => {
  it('at any moment ends the plan with its reason, and leaves nothing', async () => {
    const reason = new Error('enough');
    await stage.everyMoment(
      (_, abort) => abort.abort(reason),
      // Once the plan is made, there is nothing more to end.
      ({ error, plan }) => expect(error ?? plan?.planHash).toBe(plan === undefined ? reason : undisturbed.planHash),
      { step: 5 },
    );
  });
});

describe('privileges', () => {
  const grants = [
    'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, TRIGGER, LOCK TABLES ON {space}.*',
    'REPLICATION SLAVE, REPLICATION CLIENT, XA_RECOVER_ADMIN, REFERENCES, PROCESS ON *.*',
    'SELECT ON performance_schema.*',
  ];
  const inScratch = [
    ...['SELECT', 'INSERT', 'CREATE', 'CREATE TEMPORARY TABLES', 'DROP', 'ALTER', 'INDEX', 'REFERENCES'],
  ];
  const change = async (statement: string): Promise<void> => {
    await stage.query(statement, [stage.account.user]);
  };
  beforeEach(async () => {
    await stage[Symbol.asyncDispose]();
    await use(await FaultStage.open(mysql.server, [...grants, `ALL ON ${SCRATCH}`]));
  });
  const refused = {
    code: 'cannot_plan',
    message: containing(`Run: GRANT ALL ON ${SCRATCH} TO <the user>.`),
  };

  it('for scratch schemas are asked for before anything is made, one by one', async () => {
    await change('REVOKE REFERENCES ON *.* FROM ?'); // which would do as well
    for (const missing of inScratch) {
      await change(`REVOKE ${missing} ON ${SCRATCH} FROM ?`);
      const outcome = await stage.plan();
      expectEither(outcome, refused, false);
      expect(outcome.error).toMatchObject({ message: containing(`it lacks ${missing} there`) });
      expect(outcome.sent.some((sql) => MAKES.test(sql))).toBe(false);
      await change(`GRANT ${missing} ON ${SCRATCH} TO ?`);
    }
    await change('GRANT REFERENCES ON *.* TO ?');
    expectEither(await stage.plan(), {}, true);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('for scratch schemas are revoked before anybody is in the new one: the GRANT is named, and the next plan drops it', async () => {
    const revoke = once(/^USE/, () => change(`REVOKE ALL ON ${SCRATCH} FROM ?`));
    expectEither(await stage.plan(revoke), refused, false);
    expect(await stage.scratchSchemas()).toHaveLength(1);
    await change(`GRANT ALL ON ${SCRATCH} TO ?`);
    expectEither(await stage.plan(), {}, true);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('for scratch schemas are revoked at any moment: the GRANT is named, and the schema removed all the same', async () => {
    await stage.everyMoment(
      ({ sql }) => (sql.startsWith('USE') ? undefined : change(`REVOKE ALL ON ${SCRATCH} FROM ?`)),
      (outcome) => expectEither(outcome, refused),
      { step: 5, repair: () => change(`GRANT ALL ON ${SCRATCH} TO ?`) },
    );
  });

  it('for the namespace are revoked at any moment: that is told, and no table is taken for missing (P5)', async () => {
    const own = `\`${stage.space.name}\`.*`;
    const codes = ['missing_privilege', 'namespace_unknown'];
    await stage.everyMoment(
      () => change(`REVOKE ALL ON ${own} FROM ?`),
      (outcome) => {
        expectEither(outcome, { message: expect.stringMatching(/Run: GRANT SELECT|may see|revoked/) as string });
        if (outcome.error !== undefined) expect(codes).toContain((outcome.error as { code: string }).code);
      },
      { step: 5, repair: () => change(`GRANT ${grants[0]?.split(' ON ')[0]} ON ${own} TO ?`) },
    );
  });
});

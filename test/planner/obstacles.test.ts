import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from 'mysql2/promise';
import type { Plan } from '../../src/contract/index.js';
import { LOCK_WAIT } from '../../src/planner/planning.js';
import { MysqlProcess } from '../support/mysql-process.js';
import { connect } from '../support/servers.js';
import { FaultStage, NO_TRACES, once } from './fault-stage.js';

/** A server of its own: it is locked, limited and killed. */
const usual = LOCK_WAIT.seconds;
let mysql: MysqlProcess;
let stage: FaultStage;
let undisturbed: Plan;
let somebody: Connection;
beforeAll(async () => {
  mysql = await MysqlProcess.start();
});
afterAll(async () => {
  await mysql[Symbol.asyncDispose]();
});
beforeEach(async () => {
  stage = await FaultStage.open(mysql.server);
  undisturbed = (await stage.plan()).plan ?? expect.fail('no plan');
  somebody = await connect(mysql.server, stage.space.name);
});
afterEach(async () => {
  LOCK_WAIT.seconds = usual;
  somebody.destroy();
  await stage[Symbol.asyncDispose]();
});

const containing = (text: string): string => expect.stringContaining(text) as string;

describe('a lock of somebody else', () => {
  it.each([
    ['on a live table', 'LOCK TABLES grows WRITE', /grows within 5 s/, ''],
    ['on the whole server', 'FLUSH TABLES WITH READ LOCK', /scratch schema .* within 5 s/, ', global read lock'],
    ['for a backup', 'LOCK INSTANCE FOR BACKUP', /scratch schema .* within 5 s/, ', backup lock'],
  ])('%s ends the plan after five seconds and names who holds it', async (_, lock, what, kind) => {
    // When the live tables are known, so that the one that is waited for has its name.
    const outcome = await stage.plan(once(/^SHOW CREATE TABLE/, () => somebody.query(lock)));
    expect(outcome.error).toMatchObject({ code: 'lock_not_granted', message: expect.stringMatching(what) as string });
    expect(outcome.error).toMatchObject({
      message: expect.stringMatching(
        new RegExp(`a lock held by connection ${somebody.threadId} \\(Sleep, \\d+ s${kind}\\)`),
      ) as string,
    });
    await somebody.query('UNLOCK INSTANCE; UNLOCK TABLES');
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it.each([
    ['aborted', (_: number, abort: AbortController) => abort.abort(new Error('enough')), { message: 'enough' }],
    ['whose statement is killed', (id: number) => stage.query(`KILL QUERY ${id}`), { code: 'interrupted' }],
    [
      'whose connection is killed',
      (id: number) => stage.query(`KILL ${id}`),
      { code: expect.stringMatching(/^(interrupted|connection_lost)$/) as string },
    ],
  ])('is waited for by a plan that is %s: it ends at once', async (_, fault, expected) => {
    // On a busy machine five seconds may be over before the fault comes.
    LOCK_WAIT.seconds = 60;
    const abort = new AbortController();
    await somebody.query('LOCK TABLES grows WRITE');
    const planning = stage.plan(undefined, { signal: abort.signal });
    await fault(await stage.waiting(), abort);
    expect((await planning).error).toMatchObject(expected);
    await somebody.query('UNLOCK TABLES');
    expect(await stage.traces()).toEqual(NO_TRACES);
  });
});

describe('a live table', () => {
  it('that is dropped while the plan is made is told as that, and is no verdict on its file', async () => {
    const outcome = await stage.plan(
      once(/^SELECT 1 FROM .*LIMIT 1/, () => somebody.query('DROP TABLE grows, parent, checked, renamed')),
    );
    expect(outcome.error).toMatchObject({ code: 'drifted', message: containing('somebody has dropped or renamed it') });
    expect(await stage.traces()).toEqual({ ...NO_TRACES, isAsBefore: false });
  });
});

describe('a server', () => {
  it('whose limits of time would end every statement ends none of a plan', async () => {
    await stage.query(
      'SET GLOBAL max_execution_time = 1; SET GLOBAL wait_timeout = 1; SET GLOBAL lock_wait_timeout = 1',
    );
    try {
      expect((await stage.plan()).plan?.planHash).toBe(undisturbed.planHash);
    } finally {
      await stage.query(
        'SET GLOBAL max_execution_time = DEFAULT; SET GLOBAL wait_timeout = DEFAULT; SET GLOBAL lock_wait_timeout = DEFAULT',
      );
    }
  });

  it('that gives too few connections is told as that, however many it gives', async () => {
    const limit = async (most: number): Promise<unknown> =>
      stage.query('ALTER USER ? WITH MAX_USER_CONNECTIONS ?', [stage.account.user, most]);
    for (let most = 1; most <= 5; most += 1) {
      await limit(most);
      const { error } = await stage.plan();
      expect(error).toMatchObject({ code: 'server_unreachable', message: containing('max_user_connections') });
      expect(await stage.traces()).toEqual(NO_TRACES);
    }
    await limit(0);
    expect((await stage.plan()).plan?.planHash).toBe(undisturbed.planHash);
  });

  it('that lets the user in no more, once the scratch schema is there, is told as that', async () => {
    const locked = once(/^USE/, () => stage.query('ALTER USER ? ACCOUNT LOCK', [stage.account.user]));
    const { error } = await stage.plan(locked);
    expect(error).toMatchObject({ code: 'access_denied' });
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('that becomes read-only in the middle is told as that, and the next plan drops what could not be', async () => {
    const outcome = await stage.plan(once(/^CREATE TABLE/, () => somebody.query('SET GLOBAL super_read_only = 1')));
    await somebody.query('SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0');
    expect(outcome).toMatchObject({ error: { code: 'not_the_writer' }, warnings: [{ code: 'not_the_writer' }] });
    expect((await stage.plan()).plan?.planHash).toBe(undisturbed.planHash);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });

  it('that is killed in the middle is told as that, and the next plan drops what was left', async () => {
    const outcome = await stage.plan(once(/^ALTER TABLE/, () => mysql.kill()));
    expect(outcome).toMatchObject({ error: { code: 'connection_lost' }, warnings: [{ code: 'server_unreachable' }] });
    await mysql.start();
    await stage.reconnect();
    expect(await stage.scratchSchemas()).toHaveLength(1);
    expect((await stage.plan()).plan?.planHash).toBe(undisturbed.planHash);
    expect(await stage.traces()).toEqual(NO_TRACES);
  });
});

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { type ChangeStatus, SternaError } from '../../src/contract/index.js';
import { stateTableName } from '../../src/engine/names.js';
import { TestAccount } from '../support/account.js';
import type { TestDataPlane } from '../support/data-plane.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { connect, dsn, testServers, type TestServer } from '../support/servers.js';
import { snapshot } from '../support/snapshot.js';
import { until } from '../support/until.js';
import { Writer } from '../support/writer.js';
import type { EditedInventory } from './edited-inventory.js';

/** What happens to the entry of a target that a change was planned for. */
export type Edit = 'moved' | 'overridden' | 'removed' | 'renamed' | 'left out' | 'rotated';

const BUSY = { threads_running: 100_000, commit_latency_ms: 100_000, copies: 1_000 };
const ROWS = 500;
/** Enough to see what stands there, and to follow it, and nothing to write. */
const READER = ['SELECT, PROCESS, REPLICATION SLAVE, REPLICATION CLIENT ON *.*'];

/**
 * One change on a target of its own, and the place that an edit of its entry leads to: a schema with a table that is the
 * same to the letter, so that nothing but the state of the change tells the two apart.
 */
export class RoutedChange implements AsyncDisposable {
  readonly target: string;
  #twinBefore: Record<string, string> = {};

  private constructor(
    readonly edit: Edit,
    readonly space: TestNamespace,
    /** The schema that the edited entry leads to, where it leads to one. */
    private readonly twin: { readonly server: TestServer; readonly name: string } | undefined,
    private readonly account: TestAccount,
    private readonly elsewhere: TestAccount,
    readonly writer: Writer,
    private readonly plane: TestDataPlane,
    private readonly inventory: EditedInventory,
    private readonly drop: () => Promise<void>,
  ) {
    this.target = `route-${space.name.slice(-8)}`;
  }

  static async create(edit: Edit, plane: TestDataPlane, inventory: EditedInventory): Promise<RoutedChange> {
    const space = await TestNamespace.create('route');
    await space.query(PLAIN_TABLE);
    await fill(space, 't', ROWS);
    const { mysqlA, mysqlB } = testServers();
    const server = edit === 'moved' ? mysqlB : edit === 'overridden' ? mysqlA : undefined;
    const twin = server && { server, name: edit === 'moved' ? space.name : `${space.name}_b` };
    if (twin !== undefined) {
      const other = await connect(twin.server);
      await other.query(
        `CREATE DATABASE ${twin.name}; USE ${twin.name}; ${PLAIN_TABLE}; CREATE TABLE marker (id INT PRIMARY KEY)`,
      );
      await other.end();
    }
    const account = await TestAccount.create();
    const elsewhere = await TestAccount.create({ server: mysqlB, grants: READER });
    const writer = await Writer.start({ server: mysqlA, namespace: space.name, table: 't', rate: 20 });
    const change = new RoutedChange(edit, space, twin, account, elsewhere, writer, plane, inventory, async () => {
      await writer.stop().catch(() => undefined); // after a failure that is the test's
      await space.drop();
      await account.drop();
      await elsewhere.drop();
      if (twin === undefined) return;
      const other = await connect(twin.server);
      await other.query(`DROP DATABASE ${twin.name}`).finally(() => other.end());
    });
    await change.#writeDsn(account.server);
    await change.restore();
    if (twin !== undefined) change.#twinBefore = await change.#lookAtTwin();
    return change;
  }

  get id(): string {
    return `${this.target}.test.1`;
  }

  get user(): string {
    return this.account.user;
  }

  async start(options: object, statement = 'ALTER TABLE t MODIFY k BIGINT NOT NULL'): Promise<void> {
    const statements = { [this.space.name]: [statement] };
    await this.plane.client.start(
      { target: this.target, environment: 'test', statements, options, caller: 'test' },
      this.id,
    );
  }

  /** A copy that holds at volume 0 goes on: asked for where it is, since a message goes by the entry. */
  async goOnCopying(): Promise<void> {
    await this.space.query(`UPDATE ${stateTableName(this.id)} SET volume = 11 WHERE id = 'control'`);
  }

  send(name: 'apply' | 'stop' | 'resume' | 'cancel' | 'revert' | 'finalize'): Promise<unknown> {
    return this.plane.client.send(this.id, name, { caller: 'test' });
  }

  status(): Promise<ChangeStatus> {
    return this.plane.client.status(this.id);
  }

  /** Waits until the status is as wanted. */
  async reach(what: string, look: (status: ChangeStatus) => boolean): Promise<ChangeStatus> {
    let last: ChangeStatus | undefined;
    try {
      await until(what, async () => look((last = await this.status())), { timeoutMs: 60_000, intervalMs: 100 });
    } catch (error) {
      throw new Error(`${this.edit}: waited until ${what}, last seen: ${JSON.stringify(last)}`, { cause: error });
    }
    return last as ChangeStatus;
  }

  /** Its end: the state, or the code that it failed with. */
  async end(): Promise<string> {
    try {
      return (await this.plane.client.result(this.id)).state;
    } catch (error) {
      if (error instanceof SternaError) return error.code;
      throw error;
    }
  }

  /** While no worker runs: the next one knows nothing else. */
  moveEntry(): Promise<void> {
    return this.#writeDsn(this.elsewhere.server);
  }

  /** Makes the edit, and waits until the worker goes by it. */
  async editEntry(): Promise<void> {
    const { target, edit, inventory } = this;
    if (edit === 'rotated') return this.#rotate();
    if (edit === 'renamed') await inventory.set(`${target}-new`, this.#entry());
    if (edit === 'removed' || edit === 'renamed') await inventory.set(target, undefined);
    if (edit === 'moved') await this.moveEntry();
    if (edit === 'overridden')
      await inventory.set(target, this.#entry({ [this.space.name]: this.twin?.name, other: 'other' }));
    if (edit === 'left out') await inventory.set(target, this.#entry({ other: 'other' }));
    await until(`the worker sees that ${target} is ${edit}`, async () =>
      /target_unknown|not_allowed|marker/.test(await this.#pulled()),
    );
  }

  /** The entry as it was before. */
  async restore(): Promise<void> {
    await this.#writeDsn(this.account.server);
    await this.inventory.set(this.target, this.#entry());
  }

  /** From now on the table there is another one, and may be written to. */
  async alterTwin(): Promise<void> {
    if (this.twin === undefined) return;
    const other = await connect(this.twin.server);
    await other.query(`ALTER TABLE ${this.twin.name}.t ADD COLUMN theirs INT`).finally(() => other.end());
    await this.allowElsewhere();
    this.#twinBefore = await this.#lookAtTwin();
  }

  /** The edited entry leads to where everything may be done. */
  allowElsewhere(): Promise<void> {
    return this.elsewhere.grant('ALL ON *.*');
  }

  /** Nothing was written where the entry led to. */
  async expectTwinUntouched(): Promise<void> {
    if (this.twin !== undefined) expect(await this.#lookAtTwin(), this.edit).toEqual(this.#twinBefore);
  }

  /** Every acknowledged write and nothing else, in a table with or without the change, beside nothing of Sterna's. */
  async expectAccounted(type: 'bigint' | 'int'): Promise<void> {
    const { space, writer, edit } = this;
    await writer.stop();
    expect(await writer.differences(space.connection), edit).toEqual([]);
    const [column] = await space.query<{ Type: string }>("SHOW COLUMNS FROM t LIKE 'k'");
    expect(column?.Type, edit).toBe(type);
    expect(await space.tables(), edit).toEqual(['t']);
    await this.expectTwinUntouched();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }

  #entry(overrides?: object): object {
    return {
      environment: 'test',
      dsn: `file:${this.#dsnFile}`,
      throttle: BUSY,
      ...(overrides === undefined ? {} : { schema_overrides: overrides }),
    };
  }

  get #dsnFile(): string {
    return path.join(this.plane.folder, `${this.target}.dsn`);
  }

  #writeDsn(server: TestServer): Promise<void> {
    return writeFile(this.#dsnFile, dsn(server));
  }

  /** On the server, then in the secret; what was connected has to connect anew. */
  async #rotate(): Promise<void> {
    await this.account.rotate();
    const admin = await connect(testServers().mysqlA);
    const [found] = await admin.query('SELECT id FROM performance_schema.processlist WHERE user = ?', [this.user]);
    for (const { id } of found as { id: number }[]) await admin.query(`KILL ${id}`).catch(() => undefined); // gone
    await admin.end();
    await this.#writeDsn(this.account.server);
  }

  async #pulled(): Promise<string> {
    try {
      const { target, space } = this;
      return JSON.stringify(await this.plane.client.pull({ target, environment: 'test', namespaces: [space.name] }));
    } catch (error) {
      if (error instanceof SternaError) return error.code;
      throw error;
    }
  }

  async #lookAtTwin(): Promise<Record<string, string>> {
    const { server, name } = this.twin ?? { server: testServers().mysqlA, name: '' };
    const connection = await connect(server);
    return snapshot(connection, name).finally(() => connection.end());
  }
}

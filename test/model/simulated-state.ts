import { type Control, SternaError } from '../../src/contract/index.js';
import { type DriverRecord, StateTable, type TableRecord, type TableUpdate } from '../../src/engine/state-table.js';
import type { Session } from '../../src/mysql/index.js';
import { CHANGE, type Removal } from './change.js';
import { NAMESPACE, type SimulatedServer, Transaction } from './simulated-server.js';
import { on } from './simulated-session.js';

/** The state table as one row of one table. */
export class SimulatedState extends StateTable {
  received: () => string = () => '';
  constructor(
    private readonly server: SimulatedServer,
    private readonly removal: Removal | undefined,
  ) {
    super(CHANGE, NAMESPACE);
  }

  override ensure(): Promise<void> {
    return Promise.resolve();
  }

  override exclusively<T>(_: Session, work: () => Promise<T>): Promise<T> {
    return work();
  }

  override claim(session: Session): Promise<DriverRecord> {
    const own = new Transaction();
    return on(session).call(
      () => {
        this.server.state.epoch += 1;
        return { epoch: this.server.state.epoch, position: this.server.state.position };
      },
      () => this.removal === 'the epoch' || this.server.canLockDriverRow(own, 'exclusive'),
    );
  }

  override async assertEpoch(session: Session, epoch: number): Promise<void> {
    if (this.removal === 'the epoch') return;
    const { transactionOpen } = on(session);
    if (transactionOpen === undefined) throw new Error('the epoch outside of a transaction');
    await on(session).call(
      () => {
        if (this.server.state.epoch !== epoch) throw new SternaError('driver_replaced', 'replaced');
        if (transactionOpen.driverRow === 'none') transactionOpen.driverRow = 'shared';
      },
      () => this.server.canLockDriverRow(transactionOpen, 'shared'),
    );
  }

  override async assertEpochLocked(session: Session, epoch: number): Promise<void> {
    if (this.removal === 'the epoch') return;
    await on(session).call(() => {
      if (this.server.state.epoch !== epoch) throw new SternaError('driver_replaced', 'replaced');
    });
  }

  override async savePosition(session: Session, position: string): Promise<void> {
    const saved = this.removal === 'flushing before the position is saved' ? this.received() : position;
    const { transactionOpen: own } = on(session);
    await on(session).call(
      (transaction) => {
        if (transaction === undefined) throw new Error('a position outside of a transaction');
        transaction.driverRow = 'exclusive';
        transaction.onCommit.push(() => (this.server.state.position = saved));
      },
      () => own === undefined || this.server.canLockDriverRow(own, 'exclusive'),
    );
  }

  override readTables(session: Session): Promise<TableRecord[]> {
    return on(session).call(() => [this.server.state.record]);
  }

  override async updateTable(session: Session, _: string, update: TableUpdate): Promise<void> {
    await on(session).call((transaction) => {
      if (transaction === undefined) this.server.updateRecord(update);
      else transaction.onCommit.push(() => this.server.updateRecord(update));
    });
  }

  override readControl(session: Session): Promise<Control> {
    return on(session).call(() => ({ sequence: 1, run: this.server.state.run, volume: 11, cutover: true }));
  }
}

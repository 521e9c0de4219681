import { SternaError } from '../contract/index.js';
import { fingerprint, readDefinition } from '../mysql/index.js';
import type { Driver } from './driver.js';
import { oldName } from './names.js';
import type { PhysicalTask } from './prepare.js';
import { RevertRows } from './revert-rows.js';
import type { TableRecord } from './state-table.js';
import { FORTH, renameStatement, type SwapTable } from './swap.js';

/**
 * Reads the state of swapped tables and starts to follow the changes of the new ones, from the RENAME on. The position
 * before it would not do: what was written to the old tables has other columns, and the RENAME itself would be
 * somebody's.
 */
export async function followSwapped(driver: Driver, tasks: readonly PhysicalTask[]): Promise<SwapTable[]> {
  const records = await driver.state.readTables(driver.main);
  const tables: SwapTable[] = [];
  for (const { task, namespace } of tasks) {
    const record = records.find((each) => each.taskId === task.id);
    if (record?.phase !== 'swapped')
      throw new SternaError(
        'drifted',
        `Expected ${task.id} to be swapped according to the state on the target, found it ${record?.phase ?? 'unknown'}. The change cannot be reverted.`,
      );
    const expected = [
      [task.table, task.desiredFingerprint],
      [oldName(task.table), task.liveFingerprint],
    ] as const;
    for (const [name, print] of expected) {
      const definition = await readDefinition(driver.main, namespace, name);
      if (definition !== null && fingerprint(definition) === print) continue;
      throw new SternaError(
        'table_changed_underneath',
        `Expected ${name} of ${task.id} as the cutover left it, found ${definition === null ? 'no such table' : 'another definition'}. The table stays as it is; the change cannot be reverted.`,
      );
    }
    tables.push({ rows: await RevertRows.read(driver.main, namespace, task), record, task });
  }
  await passSwap(driver, records);
  await driver.capture(tables.map(({ rows }) => rows));
  return tables;
}

/** Moves the position past the RENAME, once. Everything before it was flushed under its lock (E3, E4). */
async function passSwap(driver: Driver, records: readonly TableRecord[]): Promise<void> {
  const swapped = records.filter(({ phase }) => phase === 'swapped');
  if (swapped.every(({ followed }) => followed === true)) return;
  const place = await driver.after(renameStatement(swapped, FORTH));
  if (place === undefined)
    throw new SternaError(
      'position_lost',
      'Expected the RENAME of the swap in the binlog after the saved position, found none. The tables stay as they are; the change cannot be reverted.',
    );
  await driver.save(place, Object.fromEntries(swapped.map(({ taskId }) => [taskId, { followed: true }])));
}

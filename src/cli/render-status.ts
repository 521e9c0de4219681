import { type ChangeStatus, isTerminal, type TaskStatus } from '../contract/index.js';

const BAR = 24;

/** A change as text: one line for itself, one for each table. */
export function renderStatus(status: ChangeStatus): string {
  const lines = [
    `${status.changeId}  ${status.state}${status.waitingFor === undefined ? '' : `, waiting for ${status.waitingFor}`}`,
  ];
  const width = Math.max(0, ...status.tasks.map((task) => task.id.length));
  for (const task of status.tasks) lines.push(`  ${task.id.padEnd(width)}  ${renderTask(task)}`);
  if (status.revertWindowEnds !== undefined) lines.push(`  revert window until ${status.revertWindowEnds}`);
  if (status.revertUnsafe !== undefined)
    lines.push(`  cannot be reverted any more, ${status.revertUnsafe.code}: ${status.revertUnsafe.message}`);
  if (status.lastError !== undefined) lines.push(`  ${status.lastError.code}: ${status.lastError.message}`);
  if (status.controls.length > 0) lines.push(`  accepted now: ${status.controls.join(', ')}`);
  return lines.join('\n');
}

function renderTask({ execution, state, phase, progress, report }: TaskStatus): string {
  const how = `${execution.padEnd(7)} ${state}`;
  if (state === 'running' && progress !== undefined && progress.of > 0) {
    const filled = Math.round((BAR * Math.min(progress.percent, 100)) / 100);
    const bar = `${'█'.repeat(filled)}${'·'.repeat(BAR - filled)}`;
    const more = [
      `${progress.rows} of ${progress.of} rows`,
      `${progress.rowsPerSecond}/s`,
      progress.eta === undefined ? '' : `${progress.eta} left`,
      progress.throttle === undefined ? '' : `held: ${progress.throttle}`,
      progress.waitingFor === undefined ? '' : `waiting for ${progress.waitingFor}`,
    ];
    return `${execution.padEnd(7)} ${(phase ?? state).padEnd(11)} ${bar} ${String(progress.percent).padStart(3)} %  ${more.filter((part) => part !== '').join(', ')}`;
  }
  const facts =
    report === undefined
      ? ''
      : `  ${report.rowsCopied} rows copied${report.cutoverBlockMs === undefined ? '' : `, writers blocked ${report.cutoverBlockMs} ms`}`;
  // Of a table that has ended only the report still counts.
  if (isTerminal(state) || progress === undefined) return `${how}${facts}`;
  const waiting = progress.waitingFor === undefined ? '' : `, waiting for ${progress.waitingFor}`;
  const kept =
    state === 'stopping' || state === 'stopped' ? `, at about ${progress.percent} % of ${phase ?? 'its work'}` : '';
  return `${how}${kept}${waiting}${facts}`;
}

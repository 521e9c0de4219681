import type { SternaClient } from '../client/index.js';
import {
  type ChangeState,
  type ChangeStatus,
  isTerminal,
  type MessageName,
  SternaError,
  throttleKind,
} from '../contract/index.js';
import { callerOf } from './caller.js';
import type { Output } from './output.js';
import { renderStatus } from './render-status.js';

/** Keys of the controls while watching on a terminal. Leaving never stops the change. */
const KEYS: Readonly<Record<string, MessageName>> = { s: 'stop', r: 'resume', c: 'cutover', x: 'cancel' };
const HELP = 'keys: s stop, r resume, c cutover, x cancel, q leave (the change goes on)';

/** Draws a change until it ends, or until `until` is reached; returns the last status. */
export async function watchChange(
  client: SternaClient,
  id: string,
  output: Output,
  until: readonly ChangeState[] = [],
): Promise<ChangeStatus> {
  const drawing = !output.json && process.stdout.isTTY && process.stdin.isTTY;
  // Loaded when it is needed: it costs start-up time.
  const draw = drawing ? (await import('log-update')).createLogUpdate(process.stdout) : undefined;
  let note = '';
  const left = new AbortController();
  let last: ChangeStatus | undefined;
  // Also on a key: while a change stands still, no new status comes.
  const redraw = (): void => {
    if (last) draw?.(`${renderStatus(last)}\n${HELP}${note === '' ? '' : `\n${note}`}`);
  };
  const keys = drawing
    ? listen(async (key) => {
        if (key === 'q' || key === '\u0003') left.abort();
        const name = KEYS[key];
        if (name === undefined) return;
        try {
          note = `${name}: ${(await client.send(id, name, { caller: callerOf({}) })).state}`;
        } catch (error) {
          note = error instanceof Error ? error.message : String(error);
        }
        redraw();
      })
    : undefined;
  let printed = '';
  try {
    for await (const status of client.watch(id, left.signal)) {
      last = status;
      if (draw) redraw();
      else {
        const line = plainLine(status);
        if (line !== printed) output.line((printed = line));
      }
      if (left.signal.aborted || isTerminal(status.state) || until.includes(status.state)) break;
    }
  } finally {
    draw?.done();
    keys?.stop();
  }
  if (last === undefined) throw new SternaError('change_unknown', `Expected a status of ${id}, got none.`);
  return last;
}

/** On a pipe: a line whenever the state, a phase, what holds it or ten percent have changed. */
function plainLine(status: ChangeStatus): string {
  const tasks = status.tasks.map(({ id, state, phase, progress }) => {
    if (state !== 'running') return `${id} ${state}`;
    const percent = progress ? ` ${Math.floor(progress.percent / 10) * 10}%` : '';
    const held = progress?.throttle === undefined ? '' : ` held by ${throttleKind(progress.throttle)}`;
    return `${id} ${phase ?? state}${percent}${held}`;
  });
  return `${status.state}${tasks.length > 0 ? `: ${tasks.join(', ')}` : ''}`;
}

function listen(onKey: (key: string) => Promise<void>): { stop(): void } {
  let pending = Promise.resolve();
  const onData = (data: Buffer): void => {
    pending = pending.then(() => onKey(data.toString()));
  };
  process.stdin.setRawMode(true).resume().on('data', onData);
  return {
    stop: () => {
      process.stdin.off('data', onData).setRawMode(false).pause();
    },
  };
}

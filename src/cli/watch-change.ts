import type { SternaClient } from '../client/index.js';
import { type ChangeStatus, isTerminal, type MessageName, SternaError } from '../contract/index.js';
import { callerOf } from './caller.js';
import type { Output } from './output.js';
import { StatusView } from './status-view.js';

/** Keys of the controls while watching on a terminal. Leaving never stops the change. */
const KEYS: Readonly<Record<string, MessageName>> = { s: 'stop', r: 'resume', c: 'cutover', x: 'cancel' };
const HELP = 'keys: s stop, r resume, c cutover, x cancel, q leave (the change goes on)';

/** Draws a change until it ends, or until `until` holds; returns the last status. */
export async function watchChange(
  client: SternaClient,
  id: string,
  output: Output,
  until: (status: ChangeStatus) => boolean = () => false,
): Promise<ChangeStatus> {
  const view = await StatusView.open(output);
  let note = '';
  const left = new AbortController();
  let last: ChangeStatus | undefined;
  // Also on a key: while a change stands still, no new status comes.
  const redraw = (): void => {
    if (last) view.show(last, [HELP, ...(note === '' ? [] : [note])]);
  };
  const keys = view.draws
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
  try {
    for await (const status of client.watch(id, left.signal)) {
      last = status;
      redraw();
      if (left.signal.aborted || isTerminal(status.state) || until(status)) break;
    }
  } finally {
    view.done();
    keys?.stop();
  }
  if (last === undefined) throw new SternaError('change_unknown', `Expected a status of ${id}, got none.`);
  return last;
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

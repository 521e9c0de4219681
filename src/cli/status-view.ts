import { type ChangeStatus, throttleKind } from '../contract/index.js';
import type { Output } from './output.js';
import { renderStatus } from './render-status.js';

/** Progress of a change while it runs: drawn anew on a terminal, lines of what is new elsewhere. */
export class StatusView {
  #printed = '';

  private constructor(
    private readonly output: Output,
    private readonly drawing: { (text: string): void; done(): void } | undefined,
  ) {}

  static async open(output: Output): Promise<StatusView> {
    const draws = !output.json && process.stdout.isTTY && process.stdin.isTTY;
    // Loaded when it is needed: it costs start-up time.
    return new StatusView(output, draws ? (await import('log-update')).createLogUpdate(process.stdout) : undefined);
  }

  get draws(): boolean {
    return this.drawing !== undefined;
  }

  show(status: ChangeStatus, below: readonly string[] = []): void {
    const line = plainLine(status);
    if (this.drawing) this.drawing([renderStatus(status), ...below].join('\n'));
    else if (line !== this.#printed) this.output.line((this.#printed = line));
  }

  done(): void {
    this.drawing?.done();
  }
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

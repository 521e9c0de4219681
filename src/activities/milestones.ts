import type { Context } from '@temporalio/activity';
import { INTERNAL_SIGNALS, type Milestone, type TaskProgress, throttleKind } from '../contract/index.js';
import type { Log } from '../target/index.js';

const PERCENT_STEP = 10;
const SEND_MS = 5_000;
/** News of so short a time are told together, and those of a step that is over by then not at all: its end says more. */
const GATHER_MS = 1_000;
/** A throttle may come and go every few seconds for days, and a history holds only so many signals. */
const THROTTLE_MS = 4 * 60_000;

/** Phase changes, every ten percent, what is waited for and what holds, to the workflow; rows only as heartbeats. */
export class Milestones {
  readonly #seen = new Map<string, string>();
  readonly #throttles = new Map<string, { readonly kind: string; readonly at: number }>();
  readonly #news = new Map<string, Milestone>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly activity: Context,
    private readonly log: Log,
  ) {}

  report({ table, ...progress }: TaskProgress): void {
    const { phase, percent, waitingFor, throttle } = progress;
    const mark = `${phase}/${Math.floor(percent / PERCENT_STEP)}/${waitingFor ?? ''}/${this.#throttle(table, throttle)}`;
    if (this.#seen.get(table) === mark) return;
    this.#seen.set(table, mark);
    this.#news.set(table, { taskId: table, ...progress });
    this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  /** The kind of throttle that is news: the first at once, every later one after some minutes. */
  #throttle(table: string, throttle: string | undefined): string {
    const kind = throttleKind(throttle);
    const told = this.#throttles.get(table) ?? { kind: '', at: -Infinity };
    if (kind === told.kind || performance.now() - told.at < THROTTLE_MS) return told.kind;
    this.#throttles.set(table, { kind, at: performance.now() });
    return kind;
  }

  /** Whatever was sent has arrived or failed: nothing outlives the activity. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#sending;
  }

  #tell(): void {
    this.#timer = undefined;
    const news = [...this.#news.values()];
    this.#news.clear();
    this.#sending = this.#sending.then(async () => {
      for (const milestone of news) await this.#send(milestone);
    });
  }

  async #send(milestone: Milestone): Promise<void> {
    const { workflowExecution } = this.activity.info;
    if (workflowExecution === undefined) return;
    try {
      const { client } = this.activity;
      await client.withDeadline(Date.now() + SEND_MS, () =>
        client.workflow.getHandle(workflowExecution.workflowId).signal(INTERNAL_SIGNALS.milestone, milestone),
      );
    } catch (error) {
      // A milestone is news, not work: the copy goes on without it.
      this.log.debug({ error: error instanceof Error ? error.name : 'unknown' }, 'milestone not delivered');
    }
  }
}

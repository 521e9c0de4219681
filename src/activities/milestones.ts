import type { Context } from '@temporalio/activity';
import { INTERNAL_SIGNALS, type Milestone, type TaskProgress } from '../contract/index.js';
import type { Log } from '../target/index.js';

const PERCENT_STEP = 10;
const SEND_MS = 5_000;
/** News of so short a time are told together, and those of a step that is over by then not at all: its end says more. */
const GATHER_MS = 1_000;

/** Phase changes, every ten percent and what is waited for, to the workflow; rows only as heartbeats. */
export class Milestones {
  readonly #seen = new Map<string, string>();
  readonly #news = new Map<string, Milestone>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly activity: Context,
    private readonly log: Log,
  ) {}

  report({ table, ...progress }: TaskProgress): void {
    const { phase, percent, waitingFor } = progress;
    const mark = `${phase}/${Math.floor(percent / PERCENT_STEP)}/${waitingFor ?? ''}`;
    if (this.#seen.get(table) === mark) return;
    this.#seen.set(table, mark);
    this.#news.set(table, { taskId: table, ...progress });
    this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
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

import { LRUCache } from 'lru-cache';
import { Counter, type Registry } from 'prom-client';
import type { ChangeState, ObservedChange, TaskProgress } from '../contract/index.js';
import type { ChangeObserver } from './observer-queue.js';

/** Whoever starts a change names its environment, whether there is one or not: names past these are `other`. */
const ENVIRONMENTS = 50;
const TASKS = 10_000;
/** Reports come several times a second: what lies further apart was no hold, but a step that was not there. */
const LONGEST_GAP_MS = 5_000;

interface Report {
  readonly at: number;
  readonly progress: TaskProgress;
}

/**
 * What this worker has seen, as counters that add up over workers. How many changes are in a state now no worker
 * knows: Temporal does, by `SternaState`.
 */
export class MetricsObserver implements ChangeObserver {
  readonly name = 'metrics';
  readonly #environments = new Set<string>();
  readonly #last = new LRUCache<string, Report>({ max: TASKS });
  readonly #states;
  readonly #rows;
  readonly #held;

  constructor(
    registry: Registry,
    private readonly now = () => performance.now(),
  ) {
    const registers = [registry];
    this.#states = new Counter({
      name: 'sterna_change_states_total',
      help: 'Changes that came into a state',
      labelNames: ['environment', 'state'],
      registers,
    });
    this.#rows = new Counter({
      name: 'sterna_rows_total',
      help: 'Rows copied (copying) and compared (verifying)',
      labelNames: ['environment', 'phase'],
      registers,
    });
    this.#held = new Counter({
      name: 'sterna_held_seconds_total',
      help: 'Time that copying and comparing were held, by load or by hand',
      labelNames: ['environment'],
      registers,
    });
  }

  onState({ environment }: ObservedChange, _: ChangeState | undefined, state: ChangeState): void {
    this.#states.inc({ environment: this.#bounded(environment), state });
  }

  onProgress({ changeId, environment: given }: ObservedChange, task: string, progress: TaskProgress): void {
    const { phase, rows } = progress;
    if (phase !== 'copying' && phase !== 'verifying') return;
    const environment = this.#bounded(given);
    const key = `${changeId}/${task}`;
    const last = this.#last.get(key);
    const at = this.now();
    this.#last.set(key, { at, progress });
    // What a step finds done is another's: the first report is where it begins, and so is one that went back.
    const before = last?.progress.phase === phase ? last.progress.rows : rows;
    this.#rows.inc({ environment, phase }, Math.max(rows - before, 0));
    const gap = last?.progress.throttle === undefined ? 0 : at - last.at;
    this.#held.inc({ environment }, gap > LONGEST_GAP_MS ? 0 : gap / 1_000);
  }

  #bounded(environment: string): string {
    if (this.#environments.size < ENVIRONMENTS) this.#environments.add(environment);
    return this.#environments.has(environment) ? environment : 'other';
  }
}

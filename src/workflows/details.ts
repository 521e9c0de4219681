import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { ChangeStatus, Plan, SchemaChangeInput, TaskStatus } from '../contract/index.js';
import { fitDetails, renderPlanMarkdown } from '../contract/plan-text.js';

const STATE = defineSearchAttributeKey('SternaState', 'KEYWORD');
const TARGET = defineSearchAttributeKey('SternaTarget', 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey('SternaEnvironment', 'KEYWORD');
const CALLER = defineSearchAttributeKey('SternaCaller', 'KEYWORD');
const TABLES = defineSearchAttributeKey('SternaTables', 'KEYWORD_LIST');

/** Keeps what the Temporal UI shows and filters by in step with the change; sends only what changed. */
export class Details {
  #state: string | undefined;
  #tables = 0;
  #text = '';

  constructor(input: SchemaChangeInput) {
    upsertSearchAttributes([
      { key: TARGET, value: input.target },
      { key: ENVIRONMENT, value: input.environment },
      ...(input.caller === undefined ? [] : [{ key: CALLER, value: input.caller }]),
    ]);
  }

  refresh(status: ChangeStatus, plan: Plan | undefined): void {
    if (status.state !== this.#state) {
      this.#state = status.state;
      upsertSearchAttributes([{ key: STATE, value: status.state }]);
    }
    if (status.tasks.length !== this.#tables) {
      this.#tables = status.tasks.length;
      // 2 KB of search attributes at most: a plan of very many tables is found by its target.
      upsertSearchAttributes([{ key: TABLES, value: status.tasks.map((task) => task.id).slice(0, 30) }]);
    }
    const text = renderStatusMarkdown(status, plan);
    if (text !== this.#text) setCurrentDetails((this.#text = text));
  }
}

export function renderStatusMarkdown(status: ChangeStatus, plan: Plan | undefined): string {
  const waiting = status.waitingFor === undefined ? '' : ` — waiting for ${status.waitingFor}`;
  const lines = [`**${words(status.state)}**${waiting}`, ''];
  if (status.lastError) lines.push(`**${status.lastError.code}**: ${status.lastError.message}`, '');
  if (status.revertWindowEnds !== undefined) lines.push(`Revert window until **${status.revertWindowEnds}**`, '');
  if (status.revertUnsafe !== undefined)
    lines.push(`**Cannot be reverted any more** (${status.revertUnsafe.code}): ${status.revertUnsafe.message}`, '');
  if (status.controls.length > 0)
    lines.push(`Accepted now: ${status.controls.map((name) => `\`${name}\``).join(', ')}`, '');
  if (status.tasks.length > 0) lines.push(...taskTable(status.tasks));
  const head = lines.join('\n');
  const text = plan === undefined || plan.tasks.length === 0 ? head : `${head}\n\n${renderPlanMarkdown(plan)}`;
  return fitDetails(text, 'the whole plan: query `plan`');
}

function taskTable(tasks: readonly TaskStatus[]): string[] {
  const lines = ['| table | how | state | rows | ETA | waits for |', '|---|---|---|---|---|---|'];
  for (const { id, execution, state, phase, progress } of tasks) {
    const running = state === 'running';
    const cells = [
      id,
      execution,
      running && phase !== undefined ? words(phase) : words(state),
      progress ? `${grouped(progress.rows)} of ${grouped(progress.of)} (${progress.percent} %)` : '',
      (running && progress?.eta) || '',
      (running && (progress?.throttle === undefined ? progress?.waitingFor : `held: ${progress.throttle}`)) || '',
    ];
    // A text from the server must not break the table.
    lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
  if (tasks.some((task) => task.state === 'running' && task.progress !== undefined))
    lines.push('', '_As of the last ten percent; by the second: Pending Activities, Heartbeat Details._');
  return lines;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

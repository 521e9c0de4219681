import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { ChangeStatus, Plan, SchemaChangeInput } from '../contract/index.js';
import { renderPlanMarkdown } from '../contract/plan-text.js';

const STATE = defineSearchAttributeKey('SternaState', 'KEYWORD');
const TARGET = defineSearchAttributeKey('SternaTarget', 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey('SternaEnvironment', 'KEYWORD');
const CALLER = defineSearchAttributeKey('SternaCaller', 'KEYWORD');
const TABLES = defineSearchAttributeKey('SternaTables', 'KEYWORD_LIST');

/** The server cuts nothing: it refuses details above this many bytes. */
const DETAILS_LIMIT = 18_000;

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
  const lines = [
    `**${status.state}**${status.waitingFor === undefined ? '' : ` — waiting for ${status.waitingFor}`}`,
    '',
  ];
  if (status.lastError) lines.push(`**${status.lastError.code}**: ${status.lastError.message}`, '');
  if (status.controls.length > 0)
    lines.push(`Accepted now: ${status.controls.map((name) => `\`${name}\``).join(', ')}`, '');
  if (status.tasks.length > 0) {
    lines.push(
      '| table | how | state | phase | rows | % | rows/s | ETA | waiting for |',
      '|---|---|---|---|---|---|---|---|---|',
    );
    for (const { id, execution, state, phase, progress } of status.tasks) {
      const rows = progress ? `${progress.rows} of ${progress.of}` : '';
      lines.push(
        `| ${[id, execution, state, phase ?? '', rows, progress?.percent ?? '', progress?.rowsPerSecond ?? '', progress?.eta ?? '', progress?.throttle ?? progress?.waitingFor ?? ''].join(' | ')} |`,
      );
    }
  }
  const head = lines.join('\n');
  if (plan === undefined || plan.tasks.length === 0) return head;
  const text = `${head}\n\n${renderPlanMarkdown(plan)}`;
  return text.length <= DETAILS_LIMIT ? text : `${text.slice(0, DETAILS_LIMIT)}\n\n… the whole plan: query \`plan\``;
}

import type { SchemaChangeInput } from './input.js';
import type { Plan, PlannedTask } from './plan.js';

/** Plans for people: plain text for terminals and logs, Markdown for pull requests and the Temporal UI. */

export function planSummary(plan: Plan): string {
  const count = plan.tasks.length;
  if (count === 0) return 'nothing to change';
  const blocked = plan.tasks.filter((task) => task.safety === 'blocked').length;
  const unsafe = plan.tasks.filter((task) => task.safety === 'unsafe').length;
  const notes = [blocked > 0 ? `${blocked} blocked` : '', unsafe > 0 ? `${unsafe} unsafe` : ''].filter(
    (note) => note !== '',
  );
  const copies = plan.tasks.filter((task) => task.estimatedSeconds !== undefined);
  const seconds = copies.reduce((sum, task) => sum + (task.estimatedSeconds ?? 0), 0);
  return `${count} ${count === 1 ? 'table' : 'tables'}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}${copies.length > 1 ? `, about ${durationText(seconds)} of copying` : ''}`;
}

/** How parts of a plan stand out, where that is possible. */
export interface Paint {
  readonly sql: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly refuse: (text: string) => string;
  readonly faint: (text: string) => string;
}

const same = (text: string): string => text;
const PLAIN: Paint = { sql: same, warn: same, refuse: same, faint: same };

/** For terminals and logs. */
export function renderPlanText(plan: Plan, paint: Paint = PLAIN): string {
  const { target, environment, namespaces } = plan.route;
  const lines = [`Plan for ${target} (${environment}), ${namespaces.join(', ')}: ${planSummary(plan)}`];
  const width = Math.max(0, ...plan.tasks.map(({ id }) => id.length));
  const verdicts = { safe: same, unsafe: paint.warn, blocked: paint.refuse } as const;
  for (const task of plan.tasks) {
    const verdict = verdicts[task.safety];
    lines.push('', verdict(`${MARKS[task.safety]} ${task.id.padEnd(width)}  ${task.action}, ${howText(task)}`));
    for (const reason of task.reasons) lines.push(verdict(`    ${task.safety}: ${indented(reason.message)}`));
    for (const line of revertLines(task)) lines.push(paint.faint(`    ${line}`));
    for (const { severity, message } of task.lint)
      lines.push(`    ${severity === 'info' ? severity : paint.warn(severity)}: ${message}`);
    for (const statement of task.statements) lines.push(`    ${paint.sql(indented(statement))}`);
  }
  if (plan.ignoredTables.length > 0) lines.push('', paint.faint(`ignored: ${plan.ignoredTables.join(', ')}`));
  lines.push('', paint.faint(`plan hash ${plan.planHash}`));
  return lines.join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}

/** For pull requests and the Temporal UI. */
export function renderPlanMarkdown(plan: Plan): string {
  const { target, environment } = plan.route;
  const lines = [`### Plan for ${target} (${environment}): ${planSummary(plan)}`];
  for (const task of plan.tasks) {
    lines.push('', `**${task.id}** — ${task.action}, ${howText(task)}, **${task.safety}**`, '');
    for (const reason of task.reasons) lines.push(`- ${task.safety}: ${reason.message}`);
    for (const line of revertLines(task)) lines.push(`- ${line}`);
    for (const finding of task.lint) lines.push(`- ${finding.severity}: ${finding.message}`);
    lines.push('', '```sql', ...task.statements.map((statement) => `${statement};`), '```');
  }
  if (plan.ignoredTables.length > 0) lines.push('', `Ignored: ${plan.ignoredTables.join(', ')}`);
  lines.push('', `Plan hash \`${plan.planHash}\``);
  return lines.join('\n');
}

/** Temporal cuts nothing: it refuses details above 20,000 bytes. */
const DETAILS_BYTES = 18_000;

/** What was asked for, as Markdown: shown next to the change from its first second on. */
export function renderRequestMarkdown(input: SchemaChangeInput): string {
  const { target, environment, reason, caller, source, schema, statements } = input;
  const from = [source?.repository, source?.commit, source?.pullRequest && `pull request ${source.pullRequest}`];
  const facts: readonly (readonly [string, string])[] = [
    ['Target', `${target} (${environment})`],
    ['Reason', reason ?? ''],
    ['Asked by', caller ?? ''],
    ['Source', from.filter((part) => part !== undefined && part !== 0).join(', ')],
  ];
  const lines = facts.filter(([, value]) => value !== '').map(([name, value]) => `- **${name}**: ${value}`);
  for (const [namespace, texts] of Object.entries(statements ?? {}))
    lines.push(
      '',
      `**${namespace}**, as written`,
      '',
      '```sql',
      ...texts.map((text) => `${text.trim().replace(/;$/, '')};`),
      '```',
    );
  for (const [namespace, files] of Object.entries(schema ?? {}))
    lines.push(
      '',
      `**${namespace}**, desired`,
      '',
      '```sql',
      ...Object.values(files).map((text) => text.trim()),
      '```',
    );
  return fitDetails(lines.join('\n'), 'the whole request: the input of the workflow');
}

/** Cuts Markdown to what Temporal takes, closes a code block that was cut, and says where the rest is. */
export function fitDetails(text: string, rest: string): string {
  let cut = text;
  while (byteLength(cut) > DETAILS_BYTES)
    cut = cut.slice(0, cut.length - Math.ceil((byteLength(cut) - DETAILS_BYTES) / 4));
  if (cut.length === text.length) return text;
  const open = (cut.match(/^```/gm) ?? []).length % 2 === 1;
  return `${cut}${open ? '\n```' : ''}\n\n… ${rest}`;
}

/** Of UTF-8; there is no Buffer in a workflow. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Whether a revert window takes it back, and what may end that. */
function revertLines({ revertible, revertReasons = [], safety }: PlannedTask): string[] {
  if (revertible === undefined || safety === 'blocked') return [];
  const reasons = revertReasons.map((reason) => reason.message).join('; ');
  if (!revertible) return [`not revertible: ${reasons}`];
  return [`revertible in a revert window${reasons === '' ? '' : `, but: ${reasons}`}`];
}

const MARKS: Readonly<Record<PlannedTask['safety'], string>> = { safe: '  ', unsafe: '! ', blocked: 'x ' };

function howText({ execution, executionReason, ...task }: PlannedTask): string {
  const why = executionReason === '' ? '' : `: ${executionReason}`;
  return task.safety === 'blocked'
    ? 'refused'
    : `${execution}${why}${execution === 'copy' ? `, ${costText(task)}` : ''}`;
}

/** Absent in plans of earlier versions: how long. */
function costText({
  estimatedRows,
  estimatedBytes,
  estimatedSeconds,
}: Omit<PlannedTask, 'execution' | 'executionReason'>): string {
  const size = `about ${estimatedRows.toLocaleString('en-US')} rows, ${bytesText(estimatedBytes)}`;
  return estimatedSeconds === undefined ? size : `${size}, ${durationText(estimatedSeconds)} at the default volume`;
}

function bytesText(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 4);
  return `${Math.round(bytes / 2 ** (10 * unit))} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}

function durationText(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

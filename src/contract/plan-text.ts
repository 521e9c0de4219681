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
  return `${count} ${count === 1 ? 'table' : 'tables'}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

export function renderPlanText(plan: Plan): string {
  const { target, environment, namespaces } = plan.route;
  const lines = [`Plan for ${target} (${environment}), ${namespaces.join(', ')}: ${planSummary(plan)}`];
  for (const task of plan.tasks) {
    lines.push('', `${MARKS[task.safety]} ${task.id}  ${task.action}, ${howText(task)}`);
    for (const reason of task.reasons) lines.push(`    ${task.safety}: ${reason.message}`);
    for (const line of revertLines(task)) lines.push(`    ${line}`);
    for (const finding of task.lint) lines.push(`    ${finding.severity}: ${finding.message}`);
    for (const statement of task.statements) lines.push(...statement.split('\n').map((line) => `    ${line}`));
  }
  if (plan.ignoredTables.length > 0) lines.push('', `ignored: ${plan.ignoredTables.join(', ')}`);
  lines.push('', `plan hash ${plan.planHash}`);
  return lines.join('\n');
}

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

function howText(task: PlannedTask): string {
  const size = task.execution === 'copy' ? `, about ${task.estimatedRows} rows` : '';
  return `${task.execution}${task.executionReason === '' ? '' : `: ${task.executionReason}`}${size}`;
}

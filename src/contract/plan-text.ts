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
    for (const finding of task.lint) lines.push(`- ${finding.severity}: ${finding.message}`);
    lines.push('', '```sql', ...task.statements.map((statement) => `${statement};`), '```');
  }
  if (plan.ignoredTables.length > 0) lines.push('', `Ignored: ${plan.ignoredTables.join(', ')}`);
  lines.push('', `Plan hash \`${plan.planHash}\``);
  return lines.join('\n');
}

const MARKS: Readonly<Record<PlannedTask['safety'], string>> = { safe: '  ', unsafe: '! ', blocked: 'x ' };

function howText(task: PlannedTask): string {
  const size = task.execution === 'copy' ? `, about ${task.estimatedRows} rows` : '';
  return `${task.execution}${task.executionReason === '' ? '' : `: ${task.executionReason}`}${size}`;
}

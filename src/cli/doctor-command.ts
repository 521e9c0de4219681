import type { Command } from 'commander';
import type { SternaClient } from '../client/index.js';
import { ERRORS, type Finding, SternaError } from '../contract/index.js';
import type { Answer, Diagnosis } from '../local/index.js';
import { inventoryFile } from './inventory-file.js';
import type { Output } from './output.js';
import type { Run } from './run.js';

interface DoctorFlags {
  readonly target?: string;
  readonly environment?: string;
  readonly namespace?: string[];
  readonly fix?: boolean;
  readonly cancel?: string;
  readonly inventory?: string;
}

/** `doctor`: looks at targets from this process, and asks Temporal which changes live. */
export function addDoctorCommand(program: Command, run: Run, connect: () => Promise<SternaClient>): void {
  program
    .command('doctor')
    .description('check Temporal and targets, and say what to do; changes nothing without --fix')
    .option('-t, --target <key>', 'only this target of the inventory')
    .option('-e, --environment <name>', 'only this environment')
    .option('-n, --namespace <name...>', 'only these MySQL schemas')
    .option('--fix', 'remove what changes that have ended have left')
    .option('--cancel <id>', 'with --fix: give up this change, which nothing drives any more')
    .option('--inventory <file>', 'inventory file (default: STERNA_INVENTORY)')
    .addHelpText('after', '\nExample:\n  sterna doctor -t orders-prod -e production')
    .action((flags: DoctorFlags) => run((output) => doctor(output, flags, connect)));
}

async function doctor(output: Output, flags: DoctorFlags, connect: () => Promise<SternaClient>): Promise<number> {
  const { target, environment, namespace: namespaces, fix = false, cancel } = flags;
  if (target !== undefined && environment === undefined)
    throw new SternaError('input_invalid', 'Expected --environment with --target, got none.');
  if (cancel !== undefined && !fix)
    throw new SternaError('input_invalid', 'Expected --cancel with --fix, which removes what it names; got it alone.');
  // Loaded when they are needed: they cost start-up time.
  const [{ openRouter }, { diagnose }] = await Promise.all([import('../router/index.js'), import('../local/index.js')]);
  const warn = (_: object, message: string): void => void process.stderr.write(`${message}\n`);
  const log = { debug: () => undefined, info: () => undefined, warn, error: warn };
  await using router = await openRouter(inventoryFile(flags), log);
  await using temporal = await Temporal.reach(connect);
  const targets =
    target !== undefined && environment !== undefined
      ? [{ target, environment }]
      : (await router.list()).filter((each) => environment === undefined || each.environment === environment);
  const diagnoses: Diagnosis[] = [];
  for (const each of targets) {
    const place = { target: each.target, environment: each.environment };
    const ask = (id: string): Promise<Answer> => temporal.ask(id);
    diagnoses.push(await diagnose(router, { ...place, namespaces, fix, cancel, ask, log }));
  }
  const findings = [...temporal.findings, ...diagnoses.flatMap((diagnosis) => diagnosis.findings)];
  const ok = findings.every(({ level }) => level === 'note');
  output.result(
    { ok, temporal: { findings: temporal.findings }, targets: diagnoses },
    [
      section('Temporal', temporal.findings),
      ...diagnoses.map((diagnosis) =>
        section(`${diagnosis.target} (${diagnosis.environment})`, diagnosis.findings, diagnosis.removed),
      ),
    ].join('\n'),
  );
  const failed = diagnoses.flatMap(({ error }) => (error === undefined ? [] : [ERRORS[error].exitCode]));
  return failed.length > 0 ? Math.max(...failed) : ok ? 0 : 1;
}

/** What Temporal says; that it says nothing is a finding as well. */
class Temporal implements AsyncDisposable {
  #retention: Promise<number> | undefined;
  private constructor(
    readonly findings: readonly Finding[],
    private readonly client: SternaClient | undefined,
  ) {}

  static async reach(connect: () => Promise<SternaClient>): Promise<Temporal> {
    let client: SternaClient | undefined;
    try {
      client = await connect();
      return new Temporal(await client.examine(), client);
    } catch (error) {
      if (!(error instanceof SternaError)) throw error;
      const message = `${error.message} Which changes live cannot be told.`;
      return new Temporal([{ code: error.code, level: 'problem', message, run: [] }], client);
    }
  }

  async ask(changeId: string): Promise<Answer> {
    if (this.client === undefined) return { what: 'unreachable' };
    try {
      const what = await this.client.standOf(changeId);
      if (what !== 'not_found') return { what };
      this.#retention ??= this.client.retentionSeconds();
      return { what, retentionSeconds: await this.#retention };
    } catch (error) {
      if (error instanceof SternaError) return { what: 'unreachable' };
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client?.close();
  }
}

function section(title: string, findings: readonly Finding[], removed: readonly string[] = []): string {
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const lines = [`${title}: ${problems === 0 ? 'well' : `${problems} to do`}`];
  for (const id of removed) lines.push(`  removed: what change ${id} had left`);
  for (const { code, level, message, run } of findings) {
    lines.push(`  ${level === 'problem' ? '!' : '-'} ${code}: ${message}`);
    for (const each of run) lines.push(`      ${/^(sterna|temporal|STERNA_)/.test(each) ? each : `${each};`}`);
  }
  return lines.join('\n');
}

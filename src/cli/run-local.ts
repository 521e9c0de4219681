import {
  directLimits,
  type ChangeStatus,
  type PlanRequest,
  renderPlanText,
  type SchemaChangeInput,
  SternaError,
  DEFAULT_TARGET_TYPE,
} from '../contract/index.js';
import { type LocalOutcome, planLocally, runLocally } from '../local/index.js';
import { openRouter } from '../router/index.js';
import { type StartFlags, verdict } from './change-commands.js';
import { inventoryFile } from './inventory-file.js';
import type { Output } from './output.js';
import { planPaint } from './plan-paint.js';
import { renderStatus } from './render-status.js';
import { StatusView } from './status-view.js';

const SECOND_SIGNAL_EXIT = 130;

/**
 * Plans, or plans and applies, in this process. The first signal stops in order, which leaves a change that the same
 * command goes on with; the second ends the process at once.
 */
export async function runLocal(output: Output, request: PlanRequest, flags: StartFlags): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(SECOND_SIGNAL_EXIT);
    process.stderr.write('stopping in order; a second signal leaves at once\n');
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  const warn = (_: object, message: string): void => void process.stderr.write(`${message}\n`);
  const log = { debug: () => undefined, info: () => undefined, warn, error: warn };
  try {
    await using router = await openRouter(inventoryFile(flags), log);
    if (flags.yes !== true) return await plan();
    const view = await StatusView.open(output);
    const show = (status: ChangeStatus): void => view.show(status);
    const { allowUnsafe = false, volume } = flags;
    const resume = commandLine(process.argv.slice(2));
    let outcome: LocalOutcome;
    try {
      outcome = await runLocally(router, request, { allowUnsafe, volume, resume, drain: stop.signal, log, show });
    } finally {
      view.done();
    }
    return report(outcome, resume);

    async function plan(): Promise<number> {
      const { changeId, plan, state } = await planLocally(router, request, { drain: stop.signal, log });
      const next = state === 'planned' ? '\nnext: the same command with -y' : '';
      const begun = state === 'stopped' ? ', begun with this plan and interrupted\nnext: the same command with -y' : '';
      output.result(
        { changeId, state, plan },
        `${renderPlanText(plan, planPaint())}\n\n${changeId}  ${state}${begun}${next}`,
      );
      return state === 'stopped' ? 0 : verdict(plan, flags.allowUnsafe === true);
    }
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }

  function report({ status, error }: LocalOutcome, resume: string): number {
    if (error !== undefined) return output.failure(error, status.changeId, status.state);
    if (status.state !== 'stopped') {
      output.result(status, renderStatus(status));
      return 0;
    }
    output.result({ ...status, resume }, `${renderStatus(status)}\nthe same command goes on from here: ${resume}`);
    return 1;
  }
}

/** The plan request of a start. What only a workflow does is refused by name. */
export function localRequest(
  { target, environment, schema, statements, options }: SchemaChangeInput,
  flags: StartFlags,
): PlanRequest {
  const foreign = {
    '--id': flags.id,
    '--queue': flags.queue,
    '--defer-cutover': flags.deferCutover,
    '--revert-window': flags.revertWindow,
    '--caller': flags.caller,
    '--reason': flags.reason,
  };
  const given = Object.entries(foreign).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (given.length > 0)
    throw new SternaError(
      'input_invalid',
      `Expected --local without ${given.join(', ')}: no workflow waits and records there. Leave out what is named, or --local.`,
    );
  return {
    target,
    environment,
    type: DEFAULT_TARGET_TYPE,
    ...(schema === undefined ? {} : { schema }),
    ...(statements === undefined ? {} : { statements }),
    ignoreTables: options?.ignoreTables ?? [],
    direct: directLimits(options ?? {}),
    ...(options?.lint === undefined ? {} : { lint: options.lint }),
  };
}

/** As a shell takes it. */
function commandLine(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w./:=@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`));
  return ['sterna', ...quoted].join(' ');
}

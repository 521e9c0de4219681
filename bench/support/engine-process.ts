import type { TaskProgress } from '../../src/contract/index.js';
import { EngineChange } from '../../test/support/online-change.js';
import type { EngineJob, EngineResult } from './tools.js';

/**
 * The engine in a process of its own, so that its CPU and memory are its own. Like a worker it runs before it is asked:
 * it says `ready` when the change is planned, and goes on at the answer.
 */
process.once('message', (job: EngineJob) => void run(job));

async function run({ space, rows, alter, volume }: EngineJob): Promise<void> {
  await using change = await EngineChange.plan(space, 't', alter, rows);
  const step = { ...change.step, control: { ...change.step.control, volume } };
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  const started = performance.now();
  const seconds: Record<string, number> = {};
  let [phase, since]: [string, number] = ['preparing', started];
  const enter = (next: string): void => {
    const now = performance.now();
    seconds[phase] = (seconds[phase] ?? 0) + (now - since) / 1_000;
    [phase, since] = [next, now];
  };
  const context = {
    ...change.context(),
    progress: (progress: TaskProgress) => {
      if (progress.phase !== phase) enter(progress.phase);
    },
  };
  await change.change.prepareTables(step, context);
  enter('copying');
  await change.change.copyTables(step, context);
  enter('cutover');
  const outcome = await change.change.cutOver(step, context);
  enter('clean up');
  await change.change.cleanUp(step, context);
  enter('ended');
  const report = outcome.outcome === 'done' ? Object.values(outcome.reports)[0] : undefined;
  const result: EngineResult = {
    seconds: (performance.now() - started) / 1_000,
    blockMs: report?.cutoverBlockMs,
    phases: seconds,
  };
  process.send?.(result, () => process.disconnect());
}

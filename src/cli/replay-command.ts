import type { Command } from 'commander';
import type { Run } from './run.js';

/** `replay`: what a deploy of this version would do to running changes. */
export function addReplayCommand(program: Command, run: Run): void {
  program
    .command('replay')
    .description('whether this version can go on with all open workflows of the data plane; before a deploy of it')
    .addHelpText('after', '\nExample:\n  sterna replay --data-plane sterna')
    .action(() =>
      run(async (output) => {
        const { dataPlane, profile } = program.opts<{ dataPlane: string; profile?: string }>();
        const { replayOpenWorkflows } = await import('../worker/index.js');
        const misfits: { workflowId: string; misfit: string }[] = [];
        let replayed = 0;
        for await (const { workflowId, misfit } of replayOpenWorkflows(
          dataPlane,
          profile === undefined ? {} : { profile },
        )) {
          replayed += 1;
          if (misfit !== undefined) misfits.push({ workflowId, misfit });
        }
        const lines = misfits.map(({ workflowId, misfit }) => `${workflowId}: ${misfit}`);
        output.result(
          { replayed, misfits },
          [...lines, `${replayed} open workflows, ${misfits.length} that this version cannot go on with`].join('\n'),
        );
        return misfits.length === 0 ? 0 : 1;
      }),
    );
}

import type { Command } from 'commander';
import { resultsOption } from './run-options.ts';

/** `loadcell runs` */
export function addRuns(program: Command): void {
  resultsOption(program.command('runs').description('list the runs in the results folder, the newest first'))
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  loadcell runs
  loadcell runs --results /var/lib/loadcell --json | jq -r '.[] | select(.verdict == "fail") | .folder'

state: complete, interrupted or aborted as the run ended; running; unfinished (its coordinator died); damaged (changed
since, the file is named).`,
    )
    .action(async (options) => {
      const { showRuns } = await import('../runs.ts');
      await showRuns(options);
    });
}

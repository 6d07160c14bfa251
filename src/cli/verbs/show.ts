import type { Command } from 'commander';
import { resultsOption, runArgument } from './run-options.ts';

/** `loadcell show` */
export function addShow(program: Command): void {
  resultsOption(
    runArgument(
      program.command('show').description('print the table of a run again, as loadcell run printed it'),
      'latest',
    ),
  )
    .option('--json', 'print its benchmarks.json')
    .addHelpText(
      'after',
      `
Examples:
  loadcell show
  loadcell show 20261122T051800Z-smoke-7f3a
  loadcell show --json | jq .verdict

Computes nothing again and exits 0 whatever the verdict; loadcell judge gives the verdict's exit code.`,
    )
    .action(async (run: string, options) => {
      const { showRun } = await import('../show.ts');
      await showRun(run, options);
    });
}

import type { Command } from 'commander';
import { resultsOption, runArgument } from './run-options.ts';

/** `loadcell report` */
export function addReport(program: Command): void {
  resultsOption(
    runArgument(program.command('report').description('write the reports of a run again, from its evidence'), 'latest'),
  )
    .option('--out <dir>', "where to write them (default: the run's own folder)")
    .addHelpText(
      'after',
      `
Examples:
  loadcell report results/20261122T051800Z-smoke-7f3a
  loadcell report latest --out /tmp/for-the-pull-request

Prints the paths of the reports and exits 0. The same run gives the same bytes, whenever and wherever that is done.`,
    )
    .action(async (run: string, options) => {
      const { reportAgain } = await import('../report.ts');
      await reportAgain(run, options);
    });
}

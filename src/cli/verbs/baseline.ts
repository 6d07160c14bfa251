import type { Command } from 'commander';
import { resultsOption } from './run-options.ts';
import type { VerbContext } from './verb.ts';

/** Where earlier nights are kept. */
export const storeOption = (command: Command): Command =>
  resultsOption(command).option(
    '--store <file>',
    'where baselines are kept (default: history.sqlite in the results folder)',
  );

/** `loadcell baseline` */
export function addBaseline(program: Command, _context: VerbContext): void {
  const baseline = program.command('baseline').description('keep runs to hold later ones against');
  storeOption(
    baseline
      .command('add')
      .description('keep runs; only those that passed')
      .argument('<runs...>', 'results folders, ids of runs below --results, or latest'),
  )
    .option('--force', 'keep runs that did not pass, too')
    .addHelpText('after', '\nExample:\n  loadcell baseline add latest')
    .action(async (runs: string[], options) => {
      const { addBaselines } = await import('../baseline.ts');
      await addBaselines(runs, options);
    });
  storeOption(baseline.command('list').description('list what is kept, the newest first'))
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  loadcell baseline list --json')
    .action(async (options) => {
      const { listBaselines } = await import('../baseline.ts');
      await listBaselines(options);
    });
  storeOption(
    baseline
      .command('show')
      .description('show the figures that are kept of a run')
      .argument('<run>', 'the id of a run'),
  )
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  loadcell baseline show 20261122T051800Z-smoke-7f3a')
    .action(async (run: string, options) => {
      const { showBaseline } = await import('../baseline.ts');
      await showBaseline(run, options);
    });
  storeOption(baseline.command('remove').description('forget runs').argument('<runs...>', 'ids of runs'))
    .addHelpText('after', '\nExample:\n  loadcell baseline remove 20261122T051800Z-smoke-7f3a')
    .action(async (runs: string[], options) => {
      const { removeBaselines } = await import('../baseline.ts');
      await removeBaselines(runs, options);
    });
  baseline.addHelpText(
    'after',
    `
Examples:
  loadcell baseline add latest
  loadcell baseline add results/2026*                build the store anew from result folders
  loadcell baseline list

loadcell gate --stored latest holds a run against what is kept.`,
  );
}

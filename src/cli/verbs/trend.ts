import { type Command, Option } from 'commander';
import { GATE_METRICS } from '../../campaign/gate-policy.ts';
import { storeOption } from './baseline.ts';

/** `loadcell trend` */
export function addTrend(program: Command): void {
  storeOption(program.command('trend').description('where the level of a figure changed over the nights that are kept'))
    .addOption(new Option('--metric <metrics...>', 'of these figures').choices(GATE_METRICS).default(['response.p95']))
    .option('--floor <share>', 'smallest change that counts', '5%')
    .option('--budget <share>', 'chance of any false alarm, over all series shown', '1%')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  loadcell trend
  loadcell trend --metric response.p99 throughput --floor 3%

A series holds the nights of one cell under equal fingerprints and equal load; another machine begins another series.
A change is found by circular binary segmentation on ranks, its p-value by rearranging blocks of neighbouring nights.`,
    )
    .action(async (options) => {
      const { showTrend } = await import('../trend.ts');
      await showTrend(options);
    });
}

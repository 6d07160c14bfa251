import type { Command } from 'commander';
import { campaignOptions } from './campaign-options.ts';

/** `loadcell plan` */
export function addPlan(program: Command): void {
  campaignOptions(
    program
      .command('plan')
      .description('show what a campaign would do, and run nothing')
      .argument('<campaign.yaml>', 'the campaign file'),
  )
    .option('--peak', 'with the search that `loadcell run --peak` adds')
    .option('--json', 'print plan.json')
    .option(
      '--arrivals <cell>',
      'print sequence, phase and intended nanoseconds of every arrival of a cell, tab-separated',
    )
    .option('--trial <number>', 'with --arrivals: which trial', '1')
    .option(
      '--rate <rate>',
      'with --arrivals: rate of the level of a search, or the peak that the rates of the cell are shares of',
    )
    .option('--agent <number>', 'with --arrivals: only the share of this agent, counted from 0')
    .addHelpText(
      'after',
      `
Examples:
  loadcell plan campaigns/smoke.yaml
  loadcell plan campaigns/smoke.yaml --arrivals classifier/load | sha256sum    (the schedule digest of plan.json)

docs/campaign.md tells everything that a campaign can say.`,
    )
    .action(async (file: string, options) => {
      const { showPlan } = await import('../plan.ts');
      await showPlan(file, options);
    });
}

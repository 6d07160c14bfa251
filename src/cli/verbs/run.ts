import { type Command, Option } from 'commander';
import { campaignOptions } from './campaign-options.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell run` */
export function addRun(program: Command, { exitWith, supervise }: VerbContext): void {
  campaignOptions(
    program
      .command('run')
      .description('run a campaign: plan, place agents, calibrate, measure, judge, write results/<run-id>/')
      .argument('<campaign.yaml>', 'the campaign file'),
  )
    .option('--results <dir>', 'where run folders go', 'results')
    .option('--json', 'print one JSON object { runId, folder, verdict, exitCode } on stdout and nothing else there')
    .option('--quiet', 'no progress, only the result')
    .option('--strict', 'a pass with cautions exits 11')
    .option('--fresh-calibration', 'calibrate this node even if a calibration of the last 24 h is at hand')
    .addOption(new Option('--listen <host:port>', 'where agents dial in').default('127.0.0.1:0'))
    .addHelpText(
      'after',
      `
Examples:
  loadcell run campaigns/smoke.yaml
  loadcell run campaigns/load.yaml --set fleet.agents=1 --set scenarios.load.load.rate=50/s
  loadcell run nightly.yaml --json --results /var/lib/loadcell > verdict.json

The first Ctrl-C drains, writes what there is and exits 130; a second one ends at once.`,
    )
    .action(async (file: string, options) => {
      const { runCampaign } = await import('../run.ts');
      exitWith(await runCampaign(file, options, supervise()));
    });
}

import type { Command } from 'commander';
import { campaignOptions } from './campaign-options.ts';
import { advertiseOption, listenOption } from './door-options.ts';
import { resultsFolder } from './results-option.ts';
import { undertakingOptions } from './undertaking-options.ts';
import type { VerbContext } from './verb.ts';

/** Agents that are started elsewhere must know it before. */
const USUAL_LISTEN = '127.0.0.1:7070';

/** `loadcell coordinator` */
export function addCoordinator(program: Command, { exitWith, supervise }: VerbContext): void {
  undertakingOptions(
    campaignOptions(
      program
        .command('coordinator')
        .description('run a campaign with agents that are started elsewhere (loadcell agent)')
        .argument('<campaign.yaml>', 'the campaign file')
        .requiredOption('--join <folder>', 'where a join file is laid for each place; this run alone may use it'),
    )
      .addOption(resultsFolder('where run folders go'))
      .option(
        '--deadline <duration>',
        'end within this time of the start: what does not fit any more is listed as not run',
      ),
  )
    .addOption(listenOption(USUAL_LISTEN))
    .addOption(advertiseOption())
    .option('--metrics <host:port>', 'where Prometheus may scrape the run while it lasts, for example 127.0.0.1:9464')
    .addHelpText(
      'after',
      `
Examples:
  loadcell coordinator campaigns/load.yaml --join /run/loadcell/join
  loadcell coordinator campaigns/load.yaml --join /shared/join --listen 0.0.0.0:7070 --advertise node-1

Agents join by loadcell agent --join /run/loadcell/join, as many as the campaign's fleet.agents says, at once or later;
they are waited for 10 minutes. A join file holds a secret: the folder is for the user of coordinator and agents alone, on
one machine or on a file system that they share.`,
    )
    .action(async (file: string, options) => {
      const { runCampaign } = await import('../run.ts');
      exitWith(await runCampaign(file, { ...options, usualListen: USUAL_LISTEN }, supervise()));
    });
}

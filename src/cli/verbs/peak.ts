import type { Command } from 'commander';
import { campaignOptions } from './campaign-options.ts';
import { advertiseOption, listenOption } from './door-options.ts';
import { resultsFolder } from './results-option.ts';
import { undertakingOptions } from './undertaking-options.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell peak` */
export function addPeak(program: Command, { exitWith, supervise }: VerbContext): void {
  undertakingOptions(
    campaignOptions(
      program
        .command('peak')
        .description('search the maximum rate under the objectives, of a campaign or of one model')
        .argument('[campaign.yaml]', 'a campaign, of which targets, objectives and fleet are taken; none with --model'),
    )
      .option('--model <model>', "a reference model's name, or a file of yours, instead of a campaign")
      .option('--from <rate>', 'rate of the first level (default: that of the campaign, else 10/s)')
      .option('--until <rate>', 'highest rate ever offered (default: that of the campaign or its guard, else 2000/s)')
      .option(
        '--every <time>',
        'how long a level lasts; a bare number is of seconds (default: that of the campaign, else 30s)',
      )
      .option('--warmup <time>', 'load before each level (default: that of the campaign, else 5s)')
      .option('--p95 <time>', 'with --model: limit of the 95th percentile of response time (default: 100ms)')
      .option('--batch <number>', 'with --model: samples per request (default: 1)')
      .option('--workers <number>', 'with --model: worker threads of each agent (default: 1)')
      .option('--agents <number>', 'with --model: agents that share the load (default: 1)')
      .option('--print-campaign', 'print the campaign file that this stands for, and run nothing')
      .addOption(resultsFolder('where run folders go'))
      .option(
        '--deadline <duration>',
        'end within this time of the start; loadcell run --resume goes on with the search',
      ),
  )
    .addOption(listenOption('127.0.0.1:0'))
    .addOption(advertiseOption())
    .addHelpText(
      'after',
      `
Examples:
  loadcell peak --model mobilenet-v2 --p95 80ms
  loadcell peak campaigns/load.yaml --until 500/s --every 20s
  loadcell peak campaigns/smoke.yaml --print-campaign > peak.yaml

Levels double from --from until one breaks an objective; then 6 inside, 15 around the estimate and 3 at the lower bound
follow: 26 levels at least, which is a quarter of an hour at 30 s. loadcell plan on the printed campaign says how long.`,
    )
    .action(async (file: string | undefined, options) => {
      const { runPeak } = await import('../peak.ts');
      exitWith(await runPeak(file, options, supervise));
    });
}

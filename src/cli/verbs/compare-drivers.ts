import type { Command } from 'commander';
import { campaignOptions } from './campaign-options.ts';
import { resultsFolder } from './results-option.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell compare-drivers` */
export function addCompareDrivers(program: Command, { exitWith, supervise }: VerbContext): void {
  campaignOptions(
    program
      .command('compare-drivers')
      .description('offer one schedule by k6 and by the built-in driver; show what differs and why')
      .argument('<campaign.yaml>', 'a campaign with a k6 target and a built-in one of the same endpoint'),
  )
    .addOption(resultsFolder('where run folders go'))
    .option('--json', 'print one JSON object { runId, folder, verdict, exitCode } on stdout and nothing else there')
    .option('--quiet', 'no progress, only the result')
    .addHelpText(
      'after',
      `
Examples:
  loadcell compare-drivers campaigns/drivers.yaml
  loadcell compare-drivers campaigns/drivers.yaml --set trials=5

Arrivals are made uniform for both: k6 knows no other. Shown are the requests that each sent and dropped, service and
response times with their range over the trials, and what k6 did not send and did not charge.`,
    )
    .action(async (file: string, options) => {
      const { compareDrivers } = await import('../compare-drivers.ts');
      exitWith(await compareDrivers(file, { ...options, listen: '127.0.0.1:0' }, supervise()));
    });
}

import type { Command } from 'commander';
import { campaignOptions } from './campaign-options.ts';
import { advertiseOption, listenOption } from './door-options.ts';
import { resultsFolder } from './results-option.ts';
import { undertakingOptions } from './undertaking-options.ts';
import type { VerbContext } from './verb.ts';

/** Options that would change what is planned, as far as they were given. */
const changesGiven = (command: Command): readonly string[] =>
  command.options
    .filter(({ long }) => CHANGES.has(long ?? ''))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map(({ long }) => long ?? '');

const CHANGES: ReadonlySet<string> = new Set([
  '--peak',
  '--set',
  '--with',
  '--seed',
  '--engine',
  '--allow-outside',
  '--allow-rate',
]);

/** `loadcell run` */
export function addRun(program: Command, { exitWith, supervise }: VerbContext): void {
  undertakingOptions(
    campaignOptions(
      program
        .command('run')
        .description('run a campaign: plan, calibrate, measure, judge, write results/<run-id>/')
        .argument('[campaign.yaml]', 'the campaign file; none with --resume'),
    )
      .addOption(resultsFolder('where run folders go'))
      .option(
        '--resume <run>',
        'go on with a run that ended early: a results folder, the id of a run below --results, or latest; its plan is kept',
      )
      .option(
        '--deadline <duration>',
        'end within this time of the start, for example 50m: what does not fit any more is listed as not run, exit 12',
      )
      .option(
        '--peak',
        'search the maximum rate too: adds a scenario `peak` of 10 s levels from 10/s to 10240/s (or to guard.rate), at most 9 minutes a target; to a choice of cells too',
      ),
  )
    .addOption(listenOption('127.0.0.1:0'))
    .addOption(advertiseOption())
    .option('--metrics <host:port>', 'where Prometheus may scrape the run while it lasts, for example 127.0.0.1:9464')
    .addHelpText(
      'after',
      `
Examples:
  loadcell run campaigns/smoke.yaml
  loadcell run campaigns/load.yaml --set fleet.agents=1 --set scenarios.load.load.rate=50/s
  loadcell run nightly.yaml --json --results /var/lib/loadcell > verdict.json
  loadcell run nightly.yaml --deadline 50m
  loadcell run campaigns/smoke.yaml --peak
  loadcell run campaigns/smoke.yaml --engine slurm
  loadcell run --resume results/20261122T051800Z-nightly-7f3a

The first Ctrl-C drains, writes what there is and exits 130; a second one ends at once.`,
    )
    .action(async (file: string | undefined, options, command: Command) => {
      const { runCampaign } = await import('../run.ts');
      const { asked, resumeRun } = await import('../resume.ts');
      const what = asked({ file, resume: options.resume, changes: changesGiven(command) });
      if (what.kind === 'run') exitWith(await resumeRun(what.run, options, supervise()));
      else exitWith(await runCampaign(what.file, options, supervise()));
    });
}

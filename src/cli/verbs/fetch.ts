import type { Command } from 'commander';
import { resultsFolder } from './results-option.ts';
import { tellingOptions } from './undertaking-options.ts';
import type { VerbContext } from './verb.ts';
import { whichEngine } from './which-engine.ts';

/** `loadcell fetch` */
export function addFetch(program: Command, { exitWith }: VerbContext): void {
  tellingOptions(
    whichEngine(
      program
        .command('fetch')
        .description('bring the results of a run whose coordinator is inside a cluster, and tidy up')
        .argument('<run>', 'the id of a run, as engines list shows it'),
    )
      .addOption(resultsFolder('where run folders go'))
      .option('--discard', 'remove what the run left there instead, results included'),
  )
    .addHelpText(
      'after',
      `
Examples:
  loadcell fetch 20261122T051800Z-nightly-7f3a --engine slurm
  loadcell fetch 20261122T051800Z-nightly-7f3a --engine slurm --shared /scratch/vision/loadcell --results nightly
  loadcell fetch 20261122T051800Z-nightly-7f3a --engine kubernetes --namespace bench

A run that is still under way is waited for, with its progress. Ctrl-C leaves it, and what it left there, as they are: exit
130. Every file is held against its SHA-256, and what came already is not asked for again. Exits as the run would have.`,
    )
    .action(async (run: string, options) => {
      const { fetchRun } = await import('../fetch.ts');
      exitWith(await fetchRun(run, options));
    });
}

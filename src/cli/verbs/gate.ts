import { type Command, Option } from 'commander';
import { GATE_EVENTS } from '../../campaign/gate-policy.ts';
import { advertiseOption, listenOption } from './door-options.ts';
import { resultsFolder } from './results-option.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell gate` */
export function addGate(program: Command, { exitWith }: VerbContext): void {
  program
    .command('gate')
    .description('say whether a candidate is worse than its baseline, by pairs of trials')
    .option('--baseline <campaign.yaml>', 'what is known to be good')
    .option('--candidate <campaign.yaml>', 'what may be worse; cells of the same id are held against each other')
    .option(
      '--policy <gate.yaml>',
      'metrics, threshold, looks … (default: gate: of the baseline, the candidate or the stored run, or the defaults)',
    )
    .addOption(
      new Option('--event <event>', 'what the gate stands before: the policy says what each tolerates')
        .choices(GATE_EVENTS)
        .default('nightly'),
    )
    .option('--stored <run>', 'hold a run against the earlier nights that are kept (loadcell baseline), instead')
    .option('--store <file>', 'where they are kept (default: history.sqlite in the results folder)')
    .option(
      '--self-test',
      'prove here and now that a slowdown of twice the threshold fails and that no change does not',
    )
    .option('--resume <folder>', 'go on with a gate that was stopped; no pair is lost')
    .addOption(resultsFolder('where gates/<id>/ goes, with the runs of the gate inside'))
    .option('--seed <number>', 'seed of every random stream (default: drawn)')
    .option('--allow-outside', 'let the campaigns name files outside their own folders')
    .option('--allow-code', 'let the campaigns run code of their own: the modules of custom targets')
    .option('--allow-rate', "let a scenario exceed the campaign's guard.rate")
    .option(
      '--json',
      'print one JSON object { folder, verdict, exitCode } on stdout and nothing else there; of a self-test { proven, exitCode, gates }',
    )
    .option('--quiet', 'no progress, only the result')
    .addOption(listenOption('127.0.0.1:0'))
    .addOption(advertiseOption())
    .addHelpText(
      'after',
      `
Examples:
  loadcell gate --baseline main.yaml --candidate change.yaml --event pr
  loadcell gate --baseline main.yaml --candidate change.yaml --policy gate.yaml
  loadcell gate --stored latest
  loadcell gate --self-test

One discarded trial of each, then pairs in the order baseline, candidate, candidate, baseline. After 8 pairs, and after 16
when those do not tell, each metric is compared on logarithms. fail: surely worse, by the threshold and above the floor.
pass: worse by less than the threshold, surely. What is neither is inconclusive, and never a fail.

In the gate's folder: verdict.json, junit.xml, gate.md. In GitHub Actions also the summary of the step, and annotations.
docs/ci.md shows whole jobs.`,
    )
    .action(async (options) => {
      const { runGate } = await import('../gate.ts');
      exitWith(await runGate(options));
    });
}

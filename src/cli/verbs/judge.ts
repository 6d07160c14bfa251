import { type Command, Option } from 'commander';
import { resultsOption, runArgument } from './run-options.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell judge` */
export function addJudge(program: Command, { exitWith }: VerbContext): void {
  resultsOption(
    runArgument(
      program.command('judge').description("compute a run's results again from its evidence, and give its verdict"),
    ),
  )
    .option('--json', 'print benchmarks.json on stdout')
    .option('--strict', 'a pass with cautions exits 11')
    .addOption(
      new Option('--check', 'write nothing, and exit 64 when a file is not what the evidence gives').conflicts('write'),
    )
    .option('--write', 'write also the computed files that are there and differ')
    .addOption(
      new Option(
        '--objectives <file.yaml>',
        "judge by these objectives instead of the run's own; its folder is left as it is",
      ).conflicts(['check', 'write']),
    )
    .option('--out <dir>', 'with --objectives: write that result and its reports there')
    .addHelpText(
      'after',
      `
Examples:
  loadcell judge results/20261122T051800Z-smoke-7f3a
  loadcell judge latest --check
  loadcell judge latest --objectives stricter.yaml --out stricter/

The evidence is campaign.yaml, plan.json and journal/. When one of their files was changed, removed or added after the
run, it is named and nothing is judged (exit 64). Of the computed files, those that are missing are written; those that
differ are named and kept, unless --write.

A file of objectives is a list, [response.p95 < 50ms, errors < 1%], a map with objectives, targets: { name: [...] } and
scenarios: { name: [...] }, or a campaign file, of which nothing else is read. A limit that the run did not count is
judged by its bucket in the histograms, at most a thousandth wide: as over for a pass and as under for a fail.`,
    )
    .action(async (run: string, options) => {
      if (options.objectives !== undefined) {
        const { judgeOtherwise } = await import('../judge-otherwise.ts');
        exitWith(await judgeOtherwise(run, options));
        return;
      }
      const { judgeAgain } = await import('../judge.ts');
      exitWith(await judgeAgain(run, options));
    });
}

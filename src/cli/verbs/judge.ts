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
    .addHelpText(
      'after',
      `
Examples:
  loadcell judge results/20261122T051800Z-smoke-7f3a
  loadcell judge latest --check

The evidence is campaign.yaml, plan.json and journal/. When one of their files was changed, removed or added after the
run, it is named and nothing is judged (exit 64). Of the computed files, those that are missing are written; those that
differ are named and kept, unless --write.`,
    )
    .action(async (run: string, options) => {
      const { judgeAgain } = await import('../judge.ts');
      exitWith(await judgeAgain(run, options));
    });
}

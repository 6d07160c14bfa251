import type { Command } from 'commander';
import { resultsOption } from './run-options.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell compare` */
export function addCompare(program: Command, { exitWith }: VerbContext): void {
  resultsOption(
    program
      .command('compare')
      .description('how far every figure of two runs lies apart, with bounds, environment first')
      .argument('<baseline>', 'a results folder, the id of a run below --results, or latest')
      .argument('<candidate>', 'the same'),
  )
    .option(
      '--accept-difference <paths>',
      'compare although these facts of the nodes differ, for example cpu.model,node',
      listOf,
      [],
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  loadcell compare 20261122T051800Z-smoke-7f3a latest
  loadcell compare results/monday results/tuesday --accept-difference os.kernel

Runs of unlike nodes (nodes/*.json) are not compared, exit 14, unless each difference is accepted by its name.
Nothing is judged: loadcell gate does that.`,
    )
    .action(async (baseline: string, candidate: string, options) => {
      const { compareTwo } = await import('../compare.ts');
      await compareTwo(baseline, candidate, options);
      exitWith(0);
    });
}

const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');

import type { Command } from 'commander';
import type { VerbContext } from './verb.ts';

/** `loadcell judge` */
export function addJudge(program: Command, { exitWith }: VerbContext): void {
  program
    .command('judge')
    .description('compute benchmarks.json, report.md and series again from a results folder, and give its verdict')
    .argument('<folder>', 'a results folder')
    .option('--json', 'print benchmarks.json on stdout')
    .option('--strict', 'a pass with cautions exits 11')
    .addHelpText('after', '\nExample:\n  loadcell judge results/20261122T051800Z-smoke-7f3a')
    .action(async (folder: string, options) => {
      const { judgeAgain } = await import('../judge.ts');
      exitWith(await judgeAgain(folder, options));
    });
}

import type { Command } from 'commander';
import { resultsFolder } from './results-option.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell doctor` */
export function addDoctor(program: Command, { exitWith }: VerbContext): void {
  program
    .command('doctor')
    .description('look at this machine: what would stop or disturb a run, and what to do about it')
    .addOption(resultsFolder('where run folders would go'))
    .option('--json', 'print as JSON')
    .option('--quiet', 'no progress, only the result')
    .addHelpText(
      'after',
      `
Examples:
  loadcell doctor
  loadcell doctor --json --results /var/lib/loadcell

Takes about 4 s. Every line is ok, warning (measurements suffer) or missing (something cannot be used).
Exits 64 when what is missing stops every run (Node, onnxruntime, folders, loopback), else 0.`,
    )
    .action(async (options) => {
      const { examineMachine } = await import('../doctor.ts');
      exitWith(await examineMachine(options));
    });
}

import { type Command, Option } from 'commander';
import { DRIVERS } from '../../wire/calibration.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell calibrate` */
export function addCalibrate(program: Command, { exitWith }: VerbContext): void {
  program
    .command('calibrate')
    .description('show what the harness itself is worth here: highest rate, lag, known answers')
    .addOption(
      new Option('--pacing <kind>', 'how intended starts are waited for')
        .choices(['precise', 'lowCpu'])
        .default('precise'),
    )
    .option('--workers <number>', 'worker threads of the agent', '1')
    .addOption(new Option('--driver <kind>', 'what sends requests').choices([...DRIVERS]).default('in-process'))
    .option('--connections <number>', 'of a client; virtual users of k6', '16')
    .option('--fresh', 'take a new one even if one of the last 24 h is at hand')
    .option('--json', 'print as JSON')
    .option('--quiet', 'no progress, only the result')
    .addHelpText(
      'after',
      `
Examples:
  loadcell calibrate
  loadcell calibrate --workers 2 --pacing lowCpu --fresh
  loadcell calibrate --driver k6 --connections 64

Takes about 8 s (12 s by k6), in the same process and by the same probe as a run, and is kept for
runs of the next 24 h.
Exits 13 when a known answer comes out wrong (latencies measured now cannot be trusted); "poor" alone exits 0.`,
    )
    .action(async (options) => {
      const { showCalibration } = await import('../calibrate.ts');
      exitWith(await showCalibration(options));
    });
}

import type { Command } from 'commander';

/** Options on how a run is told and judged, whoever carries it out. */
export const tellingOptions = (command: Command): Command =>
  command
    .option('--json', 'print one JSON object { runId, folder, verdict, exitCode } on stdout and nothing else there')
    .option('--quiet', 'no progress, only the result')
    .option('--strict', 'a pass with cautions exits 11');

/** The same, and what a run here calibrates, whatever is run. */
export const undertakingOptions = (command: Command): Command =>
  tellingOptions(command).option(
    '--fresh-calibration',
    'calibrate this node even if a calibration of the last 24 h is at hand',
  );

import { type Command, Option } from 'commander';
import { METRICS } from '../../report/hdr/metric.ts';
import { resultsOption, runArgument } from './run-options.ts';

/** `loadcell export` */
export function addExport(program: Command): void {
  resultsOption(
    runArgument(program.command('export').description("write a run's distributions and series for other tools")),
  )
    .addOption(
      new Option('--format <format>', 'hgrm: percentile distribution; hdrlog: a histogram for each second; csv: tables')
        .choices(['hgrm', 'hdrlog', 'csv'])
        .makeOptionMandatory(),
    )
    .option('--cell <id>', 'only this cell')
    .option('--trial <number>', 'only this trial of it')
    .addOption(
      new Option('--metric <latency>', 'only this latency (default: all with --out, else response)').choices(METRICS),
    )
    .addOption(
      new Option('--table <name>', 'of csv on standard output')
        .choices(['percentiles', 'series'])
        .default('percentiles'),
    )
    .option('--out <dir>', 'write files there instead of to standard output')
    .addHelpText(
      'after',
      `
Examples:
  loadcell export latest --format hgrm --cell classifier/load > response.hgrm
  loadcell export latest --format hdrlog --out export/
  loadcell export latest --format csv --table series | head

hgrm and hdrlog are read by the tools of HdrHistogram (hdrhistogram.github.io). They hold microseconds at three digits,
by intended start and of the measure phases alone. Requests that failed, were shed or never ended are in no histogram;
a hgrm file says how many they are, and loadcell's own percentiles count them as slower than every other. firstEvent,
firstEventService and betweenEvents are of answers that stream events.`,
    )
    .action(async (run: string, options) => {
      const { exportRun } = await import('../export.ts');
      await exportRun(run, options);
    });
}

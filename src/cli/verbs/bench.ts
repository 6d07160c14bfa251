import { type Command, Option } from 'commander';
import { resultsFolder } from './results-option.ts';
import { tellingOptions } from './undertaking-options.ts';
import type { VerbContext } from './verb.ts';

/** `loadcell bench` */
export function addBench(program: Command, { exitWith, supervise }: VerbContext): void {
  tellingOptions(
    program
      .command('bench')
      .description('measure one model under one load, without a campaign file')
      .requiredOption('--model <model>', "a reference model's name, or a file of yours")
      .option('--duration <time>', 'how long the load lasts; a bare number is of seconds', '60')
      .option('--rate <rate>', 'requests offered, for example 250/s (default: 100/s)')
      .addOption(
        new Option(
          '--in-flight <number>',
          'keep so many requests in flight instead, as fast as they complete',
        ).conflicts('rate'),
      )
      .option('--batch <number>', 'samples per request (default: 1)')
      .option('--p95 <time>', 'limit of the 95th percentile of response time, for example 80ms (default: 100ms)')
      .option(
        '--workers <number>',
        'worker threads of each agent, each with a session (default: 1; with --in-flight one per request, at most one per CPU)',
      )
      .option('--agents <number>', 'agents that share the load (default: 1)')
      .option('--warmup <time>', 'load before the measurement (default: 5s)')
      .option(
        '--metrics <list>',
        'what is shown: latency, throughput, memory, cpu, gpu',
        'latency,throughput,memory,cpu',
      )
      .option('--environment <name>', 'a word that is kept with the result, for example production')
      .option('--output <file>', 'write benchmarks.json there too')
      .option('--print-campaign', 'print the campaign file that this stands for, and run nothing')
      .addOption(resultsFolder('where the run folder goes'))
      .option('--seed <number>', 'seed of every random stream (default: drawn)'),
  )
    .addHelpText(
      'after',
      `
Examples:
  loadcell bench --model mobilenet-v2 --duration 60 --rate 100/s --p95 80ms
  loadcell bench --model m.onnx --duration 3600 --metrics latency,throughput,memory,cpu,gpu \\
    --environment production --output benchmarks.json
  loadcell bench --model m.onnx --in-flight 4 --batch 8 --print-campaign > bench.yaml

Without --p95 the default objectives hold: P95 below 100 ms, at least 100/s, errors below 5 %.`,
    )
    .action(async (options) => {
      const { runBench } = await import('../bench.ts');
      exitWith(await runBench(options, supervise));
    });
}

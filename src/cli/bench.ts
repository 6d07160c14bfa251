import * as fs from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { drawHex } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { type BenchFlags, benchCampaign } from './bench-campaign.ts';
import { type Metric, parseMetrics } from './bench-metrics.ts';
import { modelOf } from './bench-model.ts';
import { benchText } from './bench-table.ts';
import type { WrittenCampaign } from './campaign-file.ts';
import { Failure } from './failure.ts';
import { paintFor } from './progress.ts';
import { verdictLinesOf } from './result-lines.ts';
import { printJson, type RunOptions, runCampaign } from './run.ts';
import type { Supervisor } from './supervise.ts';

const USAGE = EXIT_CODES['before-start'].code;

export interface BenchOptions extends BenchFlags {
  readonly model: string;
  readonly metrics: string;
  readonly output?: string;
  readonly printCampaign?: boolean;
  readonly results: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly strict?: boolean;
}

/** `loadcell bench`: one cell from flags, by the same path as any campaign. Resolves to the verdict's exit code. */
export async function runBench(options: BenchOptions, supervise: () => Supervisor): Promise<number> {
  const metrics = metricsOf(options);
  const campaign = campaignOf(options, process.cwd());
  if (options.printCampaign === true) {
    process.stdout.write(campaign.text);
    return EXIT_CODES.pass.code;
  }
  const output = options.output === undefined ? null : await placeFor(resolve(options.output));
  return runCampaign(campaign, runOptions(options), supervise(), async (summary, folder, exitCode) => {
    if (output !== null) await placed(join(folder, 'benchmarks.json'), output);
    if (options.json === true) printJson(summary, folder, exitCode);
    else print({ summary, folder, exitCode }, metrics, output);
  });
}

function metricsOf({ metrics }: BenchOptions): readonly Metric[] {
  const reading = parseMetrics(metrics);
  if (!reading.ok) throw new Failure(USAGE, `--metrics: ${reading.problem}`);
  return reading.value;
}

/** The user names the model on the command line, so it may lie anywhere. */
const runOptions = ({ results, json, quiet, strict }: BenchOptions): RunOptions => ({
  set: [],
  with: [],
  allowOutside: true,
  results,
  listen: '127.0.0.1:0',
  ...(json === undefined ? {} : { json }),
  ...(quiet === undefined ? {} : { quiet }),
  ...(strict === undefined ? {} : { strict }),
});

function campaignOf(options: BenchOptions, folder: string): WrittenCampaign {
  const built = benchCampaign(options, modelOf(options.model, folder), availableParallelism());
  if (!built.ok) throw new Failure(USAGE, built.problems);
  return { name: built.name, folder, text: built.text };
}

/** Where `--output` goes, once it is sure that a file can be put there. */
async function placeFor(path: string): Promise<string> {
  const found = await fs.stat(path).catch(() => null);
  if (found?.isDirectory() === true) {
    throw new Failure(
      USAGE,
      `--output: found ${path}, which is a folder; expected a file, for example benchmarks.json`,
    );
  }
  const probe = temporaryFor(path);
  try {
    await fs.writeFile(probe, '');
    await fs.rm(probe);
    return path;
  } catch (error) {
    throw new Failure(USAGE, `--output: ${path} cannot be written: ${messageOf(error)}`);
  }
}

/** Whole or not at all. What was measured is in the results folder, whatever happens here. */
async function placed(from: string, to: string): Promise<void> {
  const temporary = temporaryFor(to);
  try {
    await fs.copyFile(from, temporary);
    await fs.rename(temporary, to);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    const why = messageOf(error);
    throw new Failure(EXIT_CODES['own-fault'].code, `--output: ${to} cannot be written: ${why}; the result is ${from}`);
  }
}

const temporaryFor = (path: string): string => join(dirname(path), `.${basename(path)}.${drawHex(4)}.tmp`);

/** Without the path that the system appends: `ENOENT: no such file or directory`. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/, \w+ '.*$/, '');

interface End {
  readonly summary: Benchmarks;
  readonly folder: string;
  readonly exitCode: number;
}

function print({ summary, folder, exitCode }: End, metrics: readonly Metric[], output: string | null): void {
  const paint = paintFor(process.stdout, process.env);
  process.stdout.write(`${benchText(summary, metrics, paint)}\n`);
  if (output !== null) process.stdout.write(`output   ${output}\n`);
  process.stdout.write(verdictLinesOf(summary.verdict.kind, folder, exitCode, paint));
}

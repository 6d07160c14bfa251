// k6 whose samples are read as they come, in one of the ways in which it is run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CSV_ARGUMENTS, CSV_ENVIRONMENT, CSV_SYSTEM_TAGS, CsvSamples } from '../../src/agent/k6/csv/csv-samples.ts';
import type { K6Frame } from '../../src/agent/k6/frames.ts';
import { FoldedSamples, type SampleStream } from '../../src/agent/k6/sample-stream.ts';
import { Histogram } from '../../src/stats/histogram.ts';
import { systemWallClock } from '../../src/time/monotonic.ts';

const K6 = fileURLToPath(new URL('../../.tools/k6/k6', import.meta.url));
const CSV = [...CSV_ARGUMENTS, '--system-tags', CSV_SYSTEM_TAGS];
const QUIET = ['--quiet', '--no-color', '--no-usage-report', '--no-setup', '--no-teardown'];

/** With loadcell's output, with its samples as CSV as a stock one, or alone with its summary. */
export type K6Way = 'with-output' | 'as-csv' | 'alone';

export interface K6Seen {
  readonly iterations: number;
  /** Durations of iterations, milliseconds. */
  readonly durations: Histogram;
}

/** Runs a script and takes its stream, if it is to have one. `started`: is told of its process. */
export async function streamedK6(
  args: readonly string[],
  way: K6Way,
  started: (child: ChildProcess) => void = () => {},
): Promise<K6Seen> {
  const out = { 'with-output': ['--out', 'loadcell=fd:3'], 'as-csv': CSV, alone: [] }[way];
  const silent = way === 'alone' ? [] : ['--summary-mode=disabled', '--no-thresholds'];
  const child = spawn(K6, ['run', ...QUIET, ...silent, ...out, ...args], {
    stdio: ['ignore', way === 'as-csv' ? 'pipe' : 'ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...CSV_ENVIRONMENT },
  });
  started(child);
  const stream: SampleStream = way === 'as-csv' ? new CsvSamples(systemWallClock) : new FoldedSamples();
  const durations = new Histogram();
  let iterations = 0;
  const take = (frames: Iterable<K6Frame>): void => {
    for (const frame of frames) {
      if (frame.kind !== 'iterations') continue;
      iterations += frame.iterations.length;
      for (const { durationNs } of frame.iterations) durations.record(durationNs);
    }
  };
  child.stdio[stream.fd]?.on('data', (chunk: Buffer) => take(stream.samples(chunk)));
  await once(child, 'close');
  take(stream.end());
  return { iterations, durations };
}

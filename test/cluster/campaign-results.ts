import { expect } from 'vitest';
import type { Benchmarks } from '../../src/verdict/result.ts';
import type { TrialResult } from '../../src/verdict/trial-result.ts';
import type { ReasonCode } from '../../src/verdict/verdict.ts';
import { resultsOf } from '../support/loadcell.ts';

/** Every scheduled request of every trial has become exactly one thing. */
export function accountingHolds({ cells }: Benchmarks): void {
  for (const { accounting } of cells.flatMap(({ trials }) => trials)) {
    const failed = Object.values(accounting.failed).reduce((sum, count) => sum + count, 0);
    expect(accounting.scheduled).toBe(accounting.ok + failed + accounting.shed + accounting.unfinished);
  }
}

/** Of each cell once: a trial that a busy machine made invalid is run again, with the schedule of the one before. */
export const scheduleDigests = ({ cells }: Benchmarks): readonly (readonly (string | null)[])[] =>
  cells.map(({ trials }) => [...new Set(trials.map(({ scheduleDigest }) => scheduleDigest))]);

/** Of each trial the attempt that counts: those before it did not begin, or a busy machine made them invalid. */
export const lastAttempts = ({ trials }: Benchmarks['cells'][number]): readonly TrialResult[] =>
  trials.filter(({ index }, at) => trials[at + 1]?.index !== index);

/** Reasons that a machine with too much to do gives by itself, whatever placed the agents. */
const BUSY: ReadonlySet<ReasonCode> = new Set([
  'host-noise',
  'not-started',
  'harness-cpu',
  'clock-stepped',
  'clock-unsynchronised',
  'start-spread',
]);

/** Of each trial; what a busy machine alone makes invalid or inconclusive counts as what it would have been. */
export const trialVerdicts = ({ cells }: Benchmarks): readonly string[] =>
  cells.flatMap((cell) =>
    lastAttempts(cell).map(({ verdict: { kind, reasons } }) =>
      kind !== 'fail' && reasons.every(({ code }) => BUSY.has(code)) ? 'pass' : kind,
    ),
  );

/** Id of the one run below a folder. */
export const runIdOf = (folder: string): string => resultsOf(folder).split('/').at(-1) ?? '';

import { expect } from 'vitest';
import type { Benchmarks } from '../../src/verdict/result.ts';
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

export const trialVerdicts = ({ cells }: Benchmarks): readonly string[] =>
  cells.flatMap(({ trials }) => trials.map(({ verdict }) => verdict.kind));

/** Id of the one run below a folder. */
export const runIdOf = (folder: string): string => resultsOf(folder).split('/').at(-1) ?? '';

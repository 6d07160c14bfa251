import type { Benchmarks, CellResult } from '../verdict/result.ts';

/** Of an attempt that has no figures: what kept it from starting stands among the reasons. */
export const NEVER_STARTED = 'never started: nothing was measured';

/** What a run lacks: trials that were not run, those with one reason on one line, and the times between its parts. */
export function notRunLines({ notRun }: CellResult): string[] {
  const byWhy = new Map<string, number[]>();
  for (const { trial, why } of notRun) byWhy.set(why, [...(byWhy.get(why) ?? []), trial]);
  return [...byWhy].map(
    ([why, trials]) => `not run: ${trials.length === 1 ? 'trial' : 'trials'} ${ranges(trials)}: ${why}`,
  );
}

/** Ascending numbers, neighbours drawn together: `2, 4 to 7`. */
function ranges(numbers: readonly number[]): string {
  const starts = numbers.filter((number) => !numbers.includes(number - 1));
  const ends = numbers.filter((number) => !numbers.includes(number + 1));
  return starts.map((start, index) => (ends[index] === start ? `${start}` : `${start} to ${ends[index]}`)).join(', ');
}

/** One line for every time that the run was taken up again. */
export const resumedLines = ({ run }: Benchmarks): string[] =>
  run.resumed.map(({ stoppedAt, at, sameNodes }) => {
    const where = sameNodes ? '' : ', on another machine or one that has changed';
    return `resumed at ${at}, after it had ended early at ${stoppedAt}${where}`;
  });

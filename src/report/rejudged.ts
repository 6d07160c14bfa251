import type { Benchmarks } from '../verdict/result.ts';

/** One sentence where a result is not the run's own but that of other objectives; none where it is. */
export function rejudgedLines({ rejudged, cells }: Benchmarks): string[] {
  if (rejudged === undefined) return [];
  const { file, digest, cells: judged } = rejudged;
  const where =
    judged.length === cells.length ? '' : ` in ${judged.join(', ') || 'no cell'}, by the run's own elsewhere`;
  return [`Judged by the objectives of ${file} (${digest.slice(0, 19)}…), not by the run's own${where}.`];
}

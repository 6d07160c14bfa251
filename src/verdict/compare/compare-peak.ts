import { type Bounded, withinTrialShift } from '../../stats/comparison/trial-shift.ts';
import type { PeakResult } from '../peak/found.ts';
import type { CellResult } from '../result.ts';
import type { CellComparison } from './compare-cell.ts';

/**
 * Compares two searches for a peak by what they found; null where one is none. Their levels are at rates of their own: the
 * latency of one against that of another says nothing.
 */
export function comparePeak(
  baseline: CellResult | undefined,
  candidate: CellResult | undefined,
): CellComparison | null {
  if (baseline?.peak == null || candidate?.peak == null) return null;
  const [mine, theirs] = [boundedOf(baseline.peak), boundedOf(candidate.peak)];
  return {
    id: baseline.id,
    trials: { baseline: baseline.peak.levels.length, candidate: candidate.peak.levels.length },
    figures: [
      {
        metric: 'peak',
        unit: '/s',
        baseline: mine?.value ?? null,
        candidate: theirs?.value ?? null,
        shift: mine === null || theirs === null ? null : withinTrialShift(mine, theirs),
      },
    ],
    distribution: null,
  };
}

/** Null: none was found and confirmed. */
function boundedOf({ rate, ending }: PeakResult): Bounded | null {
  if (ending !== 'found' || rate.value === null) return null;
  return { value: rate.value, low: rate.low, high: rate.high };
}

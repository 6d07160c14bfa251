import type { PeakLevel, PeakResult } from '../../src/verdict/peak/found.ts';
import type { CellResult } from '../../src/verdict/result.ts';
import { sampleBenchmarks } from './benchmarks.ts';

const level = (trial: number, stage: PeakLevel['stage'], rate: number, over: number, late = 0): PeakLevel => {
  const of = Math.round(rate * 30);
  return {
    trial,
    attempt: 1,
    stage,
    rate,
    shares: [
      { over, of },
      { over: late, of },
    ],
    held: over <= 0.05 * of && late <= 0.01 * of,
  };
};

/** A search that found 412.3/s between 405.1 and 419.8. */
export const foundPeak: PeakResult = {
  rate: { value: 412.3456, low: 405.1234, high: 419.8765, confidence: 0.95, method: 'fieller' },
  binding: 'response.p95 < 100ms',
  ending: 'found',
  why: null,
  highestHeld: 411.5,
  limits: [
    { limit: 'response.p95 < 100ms', allowed: 0.05 },
    { limit: 'ok in time >= 99% of offered', allowed: 0.01 },
  ],
  levels: [
    level(1, 'bracket', 256, 12),
    level(2, 'bracket', 512, 9211, 800),
    level(3, 'narrow', 402.3, 511),
    level(4, 'narrow', 365.7, 120),
    level(5, 'fit', 399.2, 401),
    level(6, 'fit', 423.9, 1010),
    level(7, 'fit', 399.2, 377),
    level(8, 'fit', 411.5, 590),
    level(9, 'fit', 411.5, 655),
    level(10, 'fit', 423.9, 890),
    level(11, 'confirm', 405.1, 480),
    level(12, 'confirm', 405.1, 510),
  ],
  curves: [
    {
      limit: 'response.p95 < 100ms',
      crossing: 412.3456,
      low: 405.1234,
      high: 419.8765,
      ends: [
        { rate: 399.2, share: 0.0312 },
        { rate: 423.9, share: 0.0771 },
      ],
    },
    { limit: 'ok in time >= 99% of offered', crossing: null, low: null, high: null, ends: [] },
  ],
};

/** The same levels, of which those at the lower bound did not hold. */
export const unconfirmedPeak: PeakResult = {
  ...foundPeak,
  ending: 'not-confirmed',
  why: 'its lower bound, 405.1/s, did not hold when it was tried: response.p95 < 100ms was missed',
};

/** The sample cell as a search. */
export function peakCell(peak: PeakResult): CellResult {
  const [cell] = sampleBenchmarks.cells;
  if (cell === undefined) throw new Error('the sample has no cell');
  return { ...cell, id: 'classifier/most', scenario: 'most', breakpoint: null, peak };
}

export const withPeak = (peak: PeakResult) => ({
  ...sampleBenchmarks,
  cells: [...sampleBenchmarks.cells.slice(0, 1), peakCell(peak)],
});

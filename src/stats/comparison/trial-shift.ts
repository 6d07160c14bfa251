import { studentTQuantile } from '../student-t.ts';
import { momentsOf } from './moments.ts';

/** A ratio of two figures less one, a share of 1, with two-sided bounds; null: open on that side. */
export interface Shift {
  readonly share: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly method: 'welch-t-of-logs' | 'mover-within-trial' | 'observed';
}

export const SHIFT_CONFIDENCE = 0.95;

/**
 * Shift between two sets of trials that were not run in pairs: Welch's t on the logarithms of one figure per trial, two
 * trials or more on either side. Source: Welch (1947), degrees by Satterthwaite (1946).
 */
export function trialShift(baseline: readonly number[], candidate: readonly number[]): Shift {
  const a = momentsOf(baseline.map(Math.log));
  const b = momentsOf(candidate.map(Math.log));
  const [va, vb] = [a.deviation ** 2 / a.count, b.deviation ** 2 / b.count];
  const log = b.mean - a.mean;
  const variance = va + vb;
  if (variance === 0)
    return { share: Math.expm1(log), low: Math.expm1(log), high: Math.expm1(log), method: 'welch-t-of-logs' };
  const degrees = variance ** 2 / (va ** 2 / (a.count - 1) + vb ** 2 / (b.count - 1));
  const reach = studentTQuantile((1 + SHIFT_CONFIDENCE) / 2, degrees) * Math.sqrt(variance);
  return {
    share: Math.expm1(log),
    low: Math.expm1(log - reach),
    high: Math.expm1(log + reach),
    method: 'welch-t-of-logs',
  };
}

/** A figure above zero with bounds; null: open. */
export interface Bounded {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Shift between two figures of one trial each, from the bounds of either: what differs between trials is in none of them.
 * The distances of the bounds from the figures add as squares, on logarithms, each side by itself. Bounds that both
 * figures lack make it a fact of the two runs.
 *
 * Source: MOVER, Zou and Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27 (2008).
 */
export function withinTrialShift(baseline: Bounded, candidate: Bounded): Shift {
  const log = Math.log(candidate.value / baseline.value);
  const side = (near: number | null, far: number | null): number | null => {
    if (near === null || far === null || near <= 0 || far <= 0) return null;
    return Math.hypot(Math.log(candidate.value / near), Math.log(far / baseline.value));
  };
  const below = side(candidate.low, baseline.high);
  const above = side(candidate.high, baseline.low);
  return {
    share: Math.expm1(log),
    low: below === null ? null : Math.expm1(log - below),
    high: above === null ? null : Math.expm1(log + above),
    method: below === null && above === null ? 'observed' : 'mover-within-trial',
  };
}

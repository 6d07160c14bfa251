import { studentTQuantile } from '../student-t.ts';
import type { Moments } from './moments.ts';

/** How the chance of a false alarm is spread. */
export interface AlarmBudget {
  /** Over all looks and metrics. */
  readonly alpha: number;
  readonly looks: number;
  readonly metrics: number;
}

/** Share of the changes of that size that are caught. */
export const DETECTION_POWER = 0.9;

/**
 * The smallest true increase that so many pairs of such scatter catch nine times in ten, as a share of 1:
 * exp((t at 1 - alpha/(looks metrics) + t at 0.9) s / sqrt(K)) - 1, both t at K - 1 degrees. Infinity below two pairs.
 */
export function minimumDetectableEffect(
  { count, deviation }: Pick<Moments, 'count' | 'deviation'>,
  { alpha, looks, metrics }: AlarmBudget,
): number {
  if (count < 2) return Number.POSITIVE_INFINITY;
  const alarm = studentTQuantile(1 - alpha / (looks * metrics), count - 1);
  const power = studentTQuantile(DETECTION_POWER, count - 1);
  return Math.expm1(((alarm + power) * deviation) / Math.sqrt(count));
}

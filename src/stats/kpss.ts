/** Above this the hypothesis of a constant level is rejected at 1 %. Source: Kwiatkowski et al., table 1. */
export const KPSS_CRITICAL = 0.739;

/**
 * The KPSS statistic for a constant level: sum of squared partial sums of the deviations from the mean, over T^2 times
 * the long-run variance, that by Bartlett's weights 1 - s/(l + 1) up to the lag `bandwidth` = l >= 0. Null for fewer than
 * two values, or where they do not vary.
 *
 * Source: Kwiatkowski, Phillips, Schmidt and Shin, Journal of Econometrics 54 (1992), eq. 10-13.
 */
export function kpssOfLevel(values: readonly number[], bandwidth: number): number | null {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const deviations = values.map((value) => value - mean);
  const variance = longRunVariance(deviations, Math.min(bandwidth, count - 1));
  if (count < 2 || !(variance > 0)) return null;
  let partial = 0;
  let squares = 0;
  for (const deviation of deviations) {
    partial += deviation;
    squares += partial * partial;
  }
  return squares / (count ** 2 * variance);
}

/** Newey and West's estimate, biased by 1/T as in the source. */
function longRunVariance(deviations: readonly number[], bandwidth: number): number {
  let sum = autocovariance(deviations, 0);
  for (let lag = 1; lag <= bandwidth; lag++) sum += 2 * (1 - lag / (bandwidth + 1)) * autocovariance(deviations, lag);
  return sum;
}

/** A plain loop: a day of seconds has thousands of lags. */
function autocovariance(deviations: readonly number[], lag: number): number {
  let sum = 0;
  for (let i = lag; i < deviations.length; i++) sum += (deviations[i] as number) * (deviations[i - lag] as number);
  return sum / deviations.length;
}

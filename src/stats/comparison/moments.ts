/** How many values, their mean, and their standard deviation with n - 1 in the denominator (0 of one value). */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

/** By two passes: the deviations of values that lie close together keep their digits. NaN of no values. */
export function momentsOf(values: readonly number[]): Moments {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : 0 };
}

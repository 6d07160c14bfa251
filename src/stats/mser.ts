/** Successive values that make one mean: the 5 of MSER-5. */
export const MSER_BATCH = 5;

/** Where a series of values settles. */
export interface Settling {
  /** z_j: means of {@link MSER_BATCH} successive values; what is left at the end is not in them. */
  readonly means: readonly number[];
  /** d*: means to leave out so that the mean of the others has the smallest marginal standard error. */
  readonly cut: number;
  /** d* is the largest that was tried, half of all means: the series ends before it can be told to have settled. */
  readonly atBound: boolean;
}

/** Fewer means than these say nothing. */
const LEAST_MEANS = 4;

/**
 * MSER-5: d* = argmin over d <= m/2 of sum_{j>d}(z_j - mean_d)^2 / (m - d)^2, the first where several are equal. Null
 * below four means (20 values).
 *
 * Source: White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69 (1997); White,
 * Cobb and Spratt, WSC 2000. Here it only advises: nothing is ever taken out of a figure by it.
 */
export function mser5(values: readonly number[]): Settling | null {
  const m = Math.floor(values.length / MSER_BATCH);
  if (m < LEAST_MEANS) return null;
  const means = Array.from({ length: m }, (_, j) => mean(values.slice(j * MSER_BATCH, (j + 1) * MSER_BATCH)));
  const bound = Math.floor(m / 2);
  const errors = marginalErrors(means).slice(0, bound + 1);
  const cut = errors.indexOf(errors.reduce((a, b) => Math.min(a, b)));
  return { means, cut, atBound: cut === bound };
}

/** By d: sum over what is kept of (z_j - mean)^2, over the square of how many are kept. From the end, by Welford's update. */
function marginalErrors(means: readonly number[]): readonly number[] {
  const errors = new Array<number>(means.length).fill(0);
  let centre = 0;
  let squares = 0;
  for (let d = means.length - 1; d >= 0; d--) {
    const kept = means.length - d;
    const away = (means[d] ?? 0) - centre;
    centre += away / kept;
    squares += away * ((means[d] ?? 0) - centre);
    errors[d] = squares / kept ** 2;
  }
  return errors;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

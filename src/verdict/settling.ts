import { batchMean } from '../stats/mean.ts';
import { MSER_BATCH, mser5 } from '../stats/mser.ts';
import { slopeOf } from '../stats/slope-test.ts';
import { studentTTail } from '../stats/student-t.ts';

/** A beginning that is unlike what follows. */
export interface SettledAfter {
  /** Values in that beginning. */
  readonly after: number;
  /** Its mean against that of what follows, less 1: 0.3 is 30 % above. */
  readonly change: number;
  /** It is as long as any that was tried, half of all: it may be longer. */
  readonly atBound: boolean;
}

/** Over all cuts together. */
const LARGEST_P_OF_A_CUT = 0.001;
const LARGEST_P_OF_A_SLOPE = 0.01;
const LEAST_CHANGE = 0.05;

/**
 * Where a series settles by MSER-5, and null where it is as it began: MSER-5 alone cuts something off most stationary
 * series, so the beginning must also differ in its mean by more than 5 %, and by Student's t with p < 0.001 over the
 * number of cuts that were tried (Bonferroni). The error of both means is that of what follows. A burst of a busy queue at
 * the very start still looks like a beginning now and then (`bench/steady-simulation.ts`).
 */
export function settlingOf(values: readonly number[]): SettledAfter | null {
  const found = mser5(values);
  if (found === null || found.cut === 0) return null;
  const { means, cut, atBound } = found;
  const rest = means.slice(cut);
  const { mean, standardError } = batchMean(rest);
  const beginning = means.slice(0, cut).reduce((sum, z) => sum + z, 0) / cut;
  const difference = beginning - mean;
  const change = difference / mean;
  const error = standardError * Math.sqrt(1 + rest.length / cut);
  const p = error === 0 ? 0 : 2 * studentTTail(Math.abs(difference) / error, rest.length - 1);
  const tried = Math.floor(means.length / 2);
  if (!(Math.abs(change) > LEAST_CHANGE) || p * tried >= LARGEST_P_OF_A_CUT) return null;
  return { after: cut * MSER_BATCH, change, atBound };
}

/**
 * Whether a series was still changing in its second half: MSER-5 cuts as much as it may, and its means lie on a slope with
 * p < 0.01 that changes them by more than 5 % in all.
 */
export function stillChanges(values: readonly number[]): boolean {
  const found = mser5(values);
  if (found === null || !found.atBound) return false;
  const slope = slopeOf(found.means);
  return slope !== null && slope.p < LARGEST_P_OF_A_SLOPE && Math.abs(slope.change) > LEAST_CHANGE;
}

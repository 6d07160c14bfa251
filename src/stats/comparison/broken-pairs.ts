import { binomialCdf } from '../binomial.ts';
import type { Pair } from './paired-shift.ts';

/** A pair by which of its sides have a figure that a ratio can be taken of. */
export type PairKind = 'both' | 'baseline-only' | 'candidate-only' | 'neither';

/** Zero and infinity are no figures for a ratio: of a rate nothing was done, of a latency too many requests failed. */
export function kindOf({ baseline, candidate }: Pair): PairKind {
  const [mine, theirs] = [baseline, candidate].map((figure) => figure > 0 && Number.isFinite(figure));
  if (mine === theirs) return mine === true ? 'both' : 'neither';
  return mine === true ? 'baseline-only' : 'candidate-only';
}

/**
 * One-sided p-value of "a pair is worse as often as better" where `worse` of `pairs` are: the sign test, exact, which needs
 * no figure to be finite. 1 without a pair. Source: Conover, Practical Nonparametric Statistics (1999), section 3.4.
 */
export const signPValue = (worse: number, pairs: number): number =>
  pairs === 0 || worse <= 0 ? 1 : 1 - binomialCdf(worse - 1, pairs, 0.5);

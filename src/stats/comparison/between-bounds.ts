import { momentsOf } from './moments.ts';
import { meanBounds } from './paired-shift.ts';
import { type Bounded, SHIFT_CONFIDENCE } from './trial-shift.ts';

/** Geometric mean of one figure above zero per trial, two trials or more, with t bounds on its logarithm. */
export function betweenBounds(values: readonly number[]): Bounded {
  const moments = momentsOf(values.map(Math.log));
  const { low, high } = meanBounds(moments, SHIFT_CONFIDENCE);
  return { value: Math.exp(moments.mean), low: Math.exp(low), high: Math.exp(high) };
}

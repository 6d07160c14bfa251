/** An arrival that names no sample: its request takes a drawn one. */
export const SAMPLE_DRAWN = -1;

/**
 * The arrivals of one phase that belong to one share, in order: constant memory, nothing allocated per arrival.
 * `next()` moves on and tells whether there is one; the fields then describe it.
 */
export interface PhaseArrivals {
  next(): boolean;
  /** Index within the phase over the whole fleet, from 0. */
  index: number;
  /** Intended start after the phase's, whole nanoseconds. */
  atNs: number;
  /** Index of the sample that the arrival names, else {@link SAMPLE_DRAWN}. */
  readonly sample: number;
}

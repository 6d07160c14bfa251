/**
 * Looks at a trial while it runs. Each spends its own part of the error that a verdict may have, so that all of them
 * together err no more often than one look would, however their answers hang together (Bonferroni's inequality; the least
 * part first, as in O'Brien and Fleming, Biometrics 35 (1979)): half of the arrivals must speak the clearer.
 */
export interface Look {
  /** Counts from 1. */
  readonly number: number;
  /** It sees the arrivals of this part of the measure phase, from its start. */
  readonly part: number;
  /** Of 1 - confidence. */
  readonly errorShare: number;
}

/** Half-way, and at the end. */
export const EARLY_LOOK: Look = { number: 1, part: 0.5, errorShare: 0.1 };
export const LAST_LOOK: Look = { number: 2, part: 1, errorShare: 0.9 };
export const LOOKS: readonly Look[] = [EARLY_LOOK, LAST_LOOK];

/** The confidence at which a look judges what is to be judged at `confidence` by all looks together, to twelve digits. */
export const confidenceAt = (confidence: number, { errorShare }: Look): number =>
  Number((1 - (1 - confidence) * errorShare).toPrecision(12));

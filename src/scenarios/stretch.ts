import type { Ns } from '../time/ns.ts';
import type { ArrivalLaw, NonEmpty, PerSecond, PhaseLoad, Piece, RateProfile } from './phase.ts';
import { arrivalCount, constantRate, durationOf } from './profile.ts';

/** A measure phase before it has a place on the time line. */
export interface Stretch {
  readonly name: string;
  readonly durationNs: Ns;
  readonly load: PhaseLoad;
}

/** Open load on a profile: as long as that, and as many arrivals as its integral. */
export const openStretch = (name: string, law: ArrivalLaw, profile: RateProfile): Stretch => ({
  name,
  durationNs: durationOf(profile),
  load: { kind: 'open', law, profile, count: arrivalCount(profile) },
});

export const constantStretch = (name: string, law: ArrivalLaw, rate: PerSecond, durationNs: Ns): Stretch =>
  openStretch(name, law, constantRate(rate, durationNs));

export const rampPiece = (from: PerSecond, to: PerSecond, durationNs: Ns): Piece => ({ from, to, durationNs });

/** The pieces that last at all; the first one where none does. */
export function lasting(pieces: NonEmpty<Piece>): RateProfile {
  const [first, ...rest] = pieces.filter((piece) => piece.durationNs > 0);
  return first === undefined ? [pieces[0]] : [first, ...rest];
}

import { NS_PER_S, type Ns, ns } from '../time/ns.ts';
import type { PerSecond, Piece, RateProfile } from './phase.ts';

/** One rate over a stretch. */
export const constantRate = (rate: PerSecond, durationNs: Ns): RateProfile => [{ from: rate, to: rate, durationNs }];

export const durationOf = (profile: RateProfile): Ns => ns(profile.reduce((sum, piece) => sum + piece.durationNs, 0));

/** Integral of a piece: arrivals, not rounded. */
export const areaOf = (piece: Piece): number => ((piece.from + piece.to) * piece.durationNs) / (2 * NS_PER_S);

/** L(end): the integral of the rate over the whole profile, in arrivals, not rounded. */
export const integral = (profile: RateProfile): number => profile.reduce((sum, piece) => sum + areaOf(piece), 0);

/** How many arrivals a phase with this profile holds: its integral, rounded half up. */
export const arrivalCount = (profile: RateProfile): number => Math.round(integral(profile));

/** L(t): arrivals, not rounded, from the profile's start up to `at`. Before the start 0, after the end all. */
export function arrivalsBefore(profile: RateProfile, at: Ns): number {
  let sum = 0;
  let start = 0;
  for (const piece of profile) {
    if (at <= start) break;
    const inside = Math.min(at - start, piece.durationNs);
    sum +=
      inside === piece.durationNs
        ? areaOf(piece)
        : (inside * (piece.from + rateWithin(piece, inside))) / (2 * NS_PER_S);
    start += piece.durationNs;
  }
  return sum;
}

/** r(t). At a step the rate after it; zero before the start and from the end on. */
export function rateAt(profile: RateProfile, at: Ns): PerSecond {
  let start = 0;
  for (const piece of profile) {
    if (at >= start && at < start + piece.durationNs) return rateWithin(piece, at - start);
    start += piece.durationNs;
  }
  return 0;
}

export const startingRate = (profile: RateProfile): PerSecond => profile[0].from;

/** Requests per second, over the whole profile; 0 for a profile without length. */
export function meanRate(profile: RateProfile): PerSecond {
  const duration = durationOf(profile);
  return duration === 0 ? 0 : (integral(profile) * NS_PER_S) / duration;
}

export const maxRate = (profile: RateProfile): PerSecond =>
  profile.reduce((max, piece) => Math.max(max, piece.from, piece.to), 0);

export const isConstant = (profile: RateProfile): boolean =>
  profile.every((piece) => piece.from === profile[0].from && piece.to === profile[0].from);

const rateWithin = (piece: Piece, sinceNs: number): PerSecond =>
  piece.from + ((piece.to - piece.from) * sinceNs) / piece.durationNs;

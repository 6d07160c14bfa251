/**
 * A place in the fleet and who holds it.
 *
 * A place has one holder. Every process that comes to hold one gets an epoch of its own, never used again; messages of
 * an older epoch are refused for good (fencing), because an engine may call an agent gone that still runs.
 */
import type { Ns } from '../time/ns.ts';

export type Place =
  /** The engine was asked; the agent of this attempt, or of a later one, is awaited. */
  | { readonly kind: 'expected'; readonly attempt: number; readonly standing: Standing }
  | { readonly kind: 'held'; readonly holder: Holder }
  /** Nobody will come. */
  | { readonly kind: 'vacant'; readonly attempt: number; readonly why: string };

/** How far the engine is with a place. */
export type Standing =
  /** It looks for one. `why` it has found none yet, in its own words; null: it has not said. */
  | { readonly kind: 'asked'; readonly why: string | null }
  /** It has given one: the agent starts there. */
  | { readonly kind: 'given'; readonly sinceNs: Ns };

export interface Holder {
  readonly epoch: number;
  readonly attempt: number;
  readonly nonce: string;
  /** The control stream that speaks for it; null while it is detached. */
  readonly link: number | null;
  readonly node: string;
  /** Since when the engine has given it the place, coordinator's clock; where it did not say, since its registration. */
  readonly placedNs: Ns;
  /** Last sign of life, coordinator's clock. */
  readonly heardNs: Ns;
  /** It was told to end, delivers what it has, and takes part in nothing new. */
  readonly isEnding: boolean;
  /** It has missed heartbeats. */
  readonly suspect: boolean;
  readonly clock: ClockReading | null;
  /** When the clock was last written to the journal. */
  readonly clockJournaledNs: Ns | null;
}

/** Coordinator clock = agent clock + offset, true within +- bound. */
export interface ClockReading {
  readonly offsetNs: number;
  readonly boundNs: number;
  readonly driftPpm: number;
}

/** A place that the engine is asked for. */
export const askedFor = (attempt: number): Place => ({
  kind: 'expected',
  attempt,
  standing: { kind: 'asked', why: null },
});

/** The attempt by which a place is, or will be, held; null: nobody will come. */
export const attemptOf = (place: Place): number | null => {
  if (place.kind === 'held') return place.holder.attempt;
  return place.kind === 'expected' ? place.attempt : null;
};

/** Why the engine has not given the places that it looks for, in its own words; null: it has, or it has not said. */
export function whyNotGiven(places: readonly Place[]): string | null {
  const reasons = places.flatMap((place) =>
    place.kind === 'expected' && place.standing.kind === 'asked' ? [place.standing.why] : [],
  );
  const said = [...new Set(reasons)].filter((why) => why !== null);
  return said.length === 0 ? null : said.join('; ');
}

/** Who asks for a place. */
export interface Claim {
  readonly index: number;
  readonly attempt: number;
  readonly nonce: string;
}

export type Ruling =
  /** A process that did not hold the place before; `replaces` the holder of an earlier attempt. */
  | { readonly kind: 'admit'; readonly replaces: Holder | null }
  /** The holder itself, on a new stream. */
  | { readonly kind: 'welcome-back'; readonly holder: Holder }
  | { readonly kind: 'refuse'; readonly code: RefusalCode; readonly message: string };

export type RefusalCode =
  | 'no-such-place'
  | 'fenced'
  | 'duplicate'
  | 'bad-token'
  | 'token-used'
  | 'no-certificate'
  | 'other-place'
  | 'wrong-node'
  | 'other-run'
  | 'other-version'
  | 'run-over'
  | 'malformed';

/** Whether a claim is granted: the greater attempt wins, the same process comes back, everybody else is refused. */
export function rule(place: Place | undefined, claim: Claim): Ruling {
  if (place === undefined) {
    return refuse('no-such-place', `place ${claim.index}: the fleet has no such place`);
  }
  const current = place.kind === 'held' ? place.holder.attempt : place.attempt;
  if (claim.attempt < current) {
    return refuse('fenced', `place ${claim.index}: found attempt ${claim.attempt}, attempt ${current} has taken over`);
  }
  switch (place.kind) {
    case 'expected':
      return { kind: 'admit', replaces: null };
    case 'vacant':
      return claim.attempt > place.attempt
        ? { kind: 'admit', replaces: null }
        : refuse('fenced', `place ${claim.index}: attempt ${claim.attempt} came too late, ${place.why}`);
    case 'held':
      return ruleHeld(place.holder, claim);
  }
}

function ruleHeld(holder: Holder, claim: Claim): Ruling {
  if (claim.attempt > holder.attempt) return { kind: 'admit', replaces: holder };
  if (claim.nonce === holder.nonce) return { kind: 'welcome-back', holder };
  return refuse('duplicate', `place ${claim.index}: another process of attempt ${claim.attempt} holds it`);
}

const refuse = (code: RefusalCode, message: string): Ruling => ({ kind: 'refuse', code, message });

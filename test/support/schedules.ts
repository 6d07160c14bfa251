import type { ArrivalCursor, ArrivalLaw, Phase, RateProfile, Share } from '../../src/scenarios/phase.ts';
import { arrivalCount, durationOf } from '../../src/scenarios/profile.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { ns } from '../../src/time/ns.ts';

export interface Arrival {
  readonly phase: number;
  readonly seq: number;
  readonly atNs: number;
}

/** Everything that is left of a cursor. */
export function collect(cursor: ArrivalCursor): Arrival[] {
  const all: Arrival[] = [];
  while (cursor.next()) all.push({ phase: cursor.phase, seq: cursor.seq, atNs: cursor.atNs });
  return all;
}

/** One open measure phase. */
export const openPhase = (law: ArrivalLaw, profile: RateProfile, name = 'load', startNs = 0): Phase => ({
  name,
  purpose: 'measure',
  startNs: ns(startNs),
  durationNs: durationOf(profile),
  load: { kind: 'open', law, profile, count: arrivalCount(profile) },
  slots: 20,
});

export const context = { seed: '7', scenario: 'load', trial: 1 };
export const alone: Share = { index: 0, of: 1 };
export const sharesOf = (of: number): Share[] => Array.from({ length: of }, (_, index) => ({ index, of }));

/** Instants of one share of one phase. */
export const instantsOf = (phase: Phase, share: Share = alone, seed = '7'): number[] =>
  collect(shareArrivals([phase], share, { ...context, seed })).map(({ atNs }) => atNs);

import type { Phase } from '../scenarios/phase.ts';
import { isConstant } from '../scenarios/profile.ts';
import { BLOCKS } from '../stats/blocks.ts';
import { KPSS_CRITICAL, kpssOfLevel } from '../stats/kpss.ts';
import { slopeOf } from '../stats/slope-test.ts';
import { NS_PER_MS, NS_PER_S } from '../time/ns.ts';
import { settlingOf } from './settling.ts';
import type { SteadyResult } from './trial-result.ts';

const LEAST_NS = 60 * NS_PER_S;
/** From here on a phase is long enough to ask where it settled. */
const LEAST_TO_SETTLE_NS = 300 * NS_PER_S;
const LARGEST_P = 0.01;
const LARGEST_CHANGE = 0.05;
/** Bandwidth of KPSS in parts of the number of values. */
const BANDWIDTH = 0.04;

/**
 * Whether a phase stayed as it was: not stationary when its 20 block means of ok responses rise or fall with p < 0.01 by
 * more than 5 % in all, and KPSS on its slot means exceeds its critical value at 1 %. Null where that is not asked: a rate
 * that is not constant, load that is not open, less than 60 s, or a block without an ok request. `slots`: all of a phase
 * that ran whole, or of its part that ran.
 */
export function steadinessOf(phase: Phase, slots: readonly Answered[]): SteadyResult | null {
  if (!isAsked(phase)) return null;
  const blocks = meansOfBlocks(slots);
  const values = slots.map(okMeanMs).filter((mean) => mean !== null);
  const slope = blocks.includes(null) ? null : slopeOf(blocks.filter((mean) => mean !== null));
  if (slope === null) return null;
  const statistic = kpssOfLevel(values, Math.round(BANDWIDTH * values.length)) ?? 0;
  const moves = slope.p < LARGEST_P && Math.abs(slope.change) > LARGEST_CHANGE && statistic > KPSS_CRITICAL;
  return {
    phase: phase.name,
    kind: moves ? 'not-stationary' : 'steady',
    slope,
    kpss: { statistic, critical: KPSS_CRITICAL },
    settledAt: settledAt(phase, values),
  };
}

function isAsked({ purpose, load, durationNs }: Phase): boolean {
  return purpose === 'measure' && load.kind === 'open' && isConstant(load.profile) && durationNs >= LEAST_NS;
}

/** Where slots without an ok request are few, values stand for equal parts of the phase. */
function settledAt({ durationNs }: Phase, values: readonly number[]): SteadyResult['settledAt'] {
  const found = durationNs < LEAST_TO_SETTLE_NS ? null : settlingOf(values);
  if (found === null) return null;
  const { after, change, atBound } = found;
  return { afterMs: ((after / values.length) * durationNs) / NS_PER_MS, change, atBound };
}

/** The ok requests of a slot, as far as their mean response asks for them. */
export interface Answered {
  readonly response: { readonly total: number; readonly sumNs: number };
}

/** Of 20 groups of neighbouring slots, which differ by one where their number is no multiple of 20; none below 20 slots. */
function meansOfBlocks(slots: readonly Answered[]): readonly (number | null)[] {
  if (slots.length < BLOCKS) return [];
  const sums = Array.from({ length: BLOCKS }, () => ({ total: 0, sumNs: 0 }));
  for (const [slot, { response }] of slots.entries()) {
    const sum = sums[Math.floor((slot * BLOCKS) / slots.length)];
    if (sum === undefined) continue;
    sum.total += response.total;
    sum.sumNs += response.sumNs;
  }
  return sums.map((response) => okMeanMs({ response }));
}

/** Milliseconds; null without an ok request. */
const okMeanMs = ({ response }: Answered): number | null =>
  response.total === 0 ? null : response.sumNs / response.total / NS_PER_MS;

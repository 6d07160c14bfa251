import { parentsOf } from './parents.ts';
import type { DeviceId } from './sample.ts';

/** Power of one GPU at one time: W, ns of one clock. */
export interface PowerSample {
  readonly atNs: number;
  readonly watts: number;
}

/** Energy counter of one GPU at one time: J since whenever, ns of the same clock. */
export interface CounterSample {
  readonly atNs: number;
  readonly joules: number;
}

/** A stretch of time, ns of the clock of its samples. */
export interface EnergyWindow {
  readonly fromNs: number;
  readonly toNs: number;
}

/**
 * Why an energy cannot be told. `too-short`: fewer than 20 periods of the power register. `not-bracketed`: no reading
 * before the window or none after it. `gap`: readings too far apart. `counter-backwards`: the driver was loaded anew.
 * `not-told`: a GPU tells neither its power nor its energy.
 */
export const NOT_MEASURABLE = ['too-short', 'not-bracketed', 'gap', 'counter-backwards', 'not-told'] as const;
export type NotMeasurable = (typeof NOT_MEASURABLE)[number];

/** Joules of a window and how far they may be off to either side, or why there are none. */
export type Energy =
  | { readonly kind: 'measured'; readonly joules: number; readonly error: number }
  | { readonly kind: 'not-measurable'; readonly reason: NotMeasurable };

/** The power register and the energy counter of A100 and H100 change about every 100 ms. */
export const REGISTER_PERIOD_NS = 100e6;
/** A shorter window holds too few periods of the register for its edges not to matter. */
export const SHORTEST_WINDOW_NS = 20 * REGISTER_PERIOD_NS;
/** Power readings further apart leave out too much of what a GPU does between them. */
const WIDEST_GAP_NS = 1e9;
/** Counter and integral that differ by more disagree. */
export const AGREEMENT = 0.05;

const not = (reason: NotMeasurable): Energy => ({ kind: 'not-measurable', reason });

/**
 * Integral of power over a window: the readings in time order, joined by straight lines, with a reading at or before its
 * start and one at or after its end. The error bar is one period of the register at the mean power.
 */
export function integratedEnergy(samples: readonly PowerSample[], window: EnergyWindow): Energy {
  const reason = unfit(samples, window);
  if (reason !== null) return not(reason);
  let joules = 0;
  for (const [at, later] of samples.entries()) {
    const earlier = samples[at - 1];
    if (earlier === undefined) continue;
    const from = Math.max(earlier.atNs, window.fromNs);
    const to = Math.min(later.atNs, window.toNs);
    if (to <= from) continue;
    if (later.atNs - earlier.atNs > WIDEST_GAP_NS) return not('gap');
    joules += (((to - from) / 1e9) * (wattsAt(earlier, later, from) + wattsAt(earlier, later, to))) / 2;
  }
  return { kind: 'measured', joules, error: periodEnergy(joules, window, REGISTER_PERIOD_NS) };
}

function wattsAt(earlier: PowerSample, later: PowerSample, atNs: number): number {
  const share = (atNs - earlier.atNs) / (later.atNs - earlier.atNs);
  return earlier.watts + (later.watts - earlier.watts) * share;
}

/**
 * Difference of the energy counter over a window that its readings bracket, between the readings nearest to the start and
 * to the end. What those lie off is made up for at the mean power and added to the error bar, with one period of the
 * counter. The counter must not fall anywhere on the way.
 */
export function counterEnergy(samples: readonly CounterSample[], window: EnergyWindow): Energy {
  const reason = unfit(samples, window);
  if (reason !== null) return not(reason);
  const first = samples.findLastIndex(({ atNs }) => atNs <= window.fromNs);
  const last = samples.findIndex(({ atNs }) => atNs >= window.toNs);
  const between = samples.slice(first, last + 1);
  if (between.some(({ joules }, at) => joules < (between[at - 1]?.joules ?? 0))) return not('counter-backwards');
  const [start, end] = [nearest(between, window.fromNs), nearest(between, window.toNs)];
  if (start === undefined || end === undefined || end.atNs <= start.atNs) return not('not-bracketed');
  const offNs = Math.abs(start.atNs - window.fromNs) + Math.abs(end.atNs - window.toNs);
  if (offNs > WIDEST_GAP_NS) return not('gap');
  const joules = ((end.joules - start.joules) * (window.toNs - window.fromNs)) / (end.atNs - start.atNs);
  return { kind: 'measured', joules, error: periodEnergy(joules, window, REGISTER_PERIOD_NS + offNs) };
}

const nearest = (samples: readonly CounterSample[], atNs: number): CounterSample | undefined =>
  samples.reduce<CounterSample | undefined>(
    (best, one) => (best === undefined || Math.abs(one.atNs - atNs) < Math.abs(best.atNs - atNs) ? one : best),
    undefined,
  );

/** Energy of a stretch of the window's mean power, J. */
const periodEnergy = (joules: number, { fromNs, toNs }: EnergyWindow, lengthNs: number): number =>
  (joules * lengthNs) / (toNs - fromNs);

function unfit(samples: readonly { readonly atNs: number }[], { fromNs, toNs }: EnergyWindow): NotMeasurable | null {
  if (toNs - fromNs < SHORTEST_WINDOW_NS) return 'too-short';
  const [first, last] = [samples.at(0), samples.at(-1)];
  const bracketed = first !== undefined && last !== undefined && first.atNs <= fromNs && last.atNs >= toNs;
  return bracketed ? null : 'not-bracketed';
}

/**
 * Both ways of telling the energy of a window. The counter's counts where there is one; the integral stands in for it
 * and checks it. `disagreement`: their difference over the counter's; null where one of them is not measurable.
 */
export interface CheckedEnergy {
  readonly energy: Energy;
  readonly by: 'counter' | 'integral';
  readonly counter: Energy;
  readonly integral: Energy;
  readonly disagreement: number | null;
  /** Whether they differ by more than {@link AGREEMENT}; null: one of them is not measurable. */
  readonly disagree: boolean | null;
}

/** An energy with its check. A counter that went backwards is not replaced by the integral: something happened. */
export function checkedEnergy(
  counters: readonly CounterSample[],
  powers: readonly PowerSample[],
  window: EnergyWindow,
): CheckedEnergy {
  if (counters.length === 0 && powers.length === 0) return NOT_TOLD;
  const counter = counterEnergy(counters, window);
  const integral = integratedEnergy(powers, window);
  const useCounter = counter.kind === 'measured' || counter.reason === 'counter-backwards';
  const both = counter.kind === 'measured' && integral.kind === 'measured' && counter.joules > 0;
  const disagreement = both ? Math.abs(integral.joules - counter.joules) / counter.joules : null;
  return {
    energy: useCounter ? counter : integral,
    by: useCounter ? 'counter' : 'integral',
    counter,
    integral,
    disagreement,
    disagree: disagreement === null ? null : disagreement > AGREEMENT,
  };
}

const NOT_TOLD: CheckedEnergy = {
  energy: not('not-told'),
  by: 'integral',
  counter: not('not-told'),
  integral: not('not-told'),
  disagreement: null,
  disagree: null,
};

/** Joules of one inference with their error bar; `net`: less what the idle GPU takes in the same time. */
export interface InferenceEnergy {
  readonly gross: { readonly joules: number; readonly error: number };
  readonly net: { readonly joules: number; readonly error: number } | null;
}

/**
 * Energy of a window over the inferences that ended ok in it. `idle`: measured mean power and its error, W; null: not
 * measured, and there is no net. Null: nothing to divide, or by nothing. A net below zero stays: idle was not idle.
 */
export function inferenceEnergy(
  energy: Energy,
  { fromNs, toNs }: EnergyWindow,
  inferences: number,
  idle: { readonly watts: number; readonly error: number } | null,
): InferenceEnergy | null {
  if (energy.kind !== 'measured' || !(inferences > 0)) return null;
  const seconds = (toNs - fromNs) / 1e9;
  const gross = { joules: energy.joules / inferences, error: energy.error / inferences };
  if (idle === null) return { gross, net: null };
  const joules = (energy.joules - idle.watts * seconds) / inferences;
  return { gross, net: { joules, error: (energy.error + idle.error * seconds) / inferences } };
}

/**
 * The energy of several devices together. A MIG instance repeats its GPU's counter: each GPU counts once. One that is not
 * measurable makes the sum so: no part is shown as the whole.
 */
export function totalEnergy(of: readonly { readonly device: DeviceId; readonly energy: Energy }[]): Energy {
  let joules = 0;
  let error = 0;
  for (const { energy } of parentsOf(of)) {
    if (energy.kind === 'not-measurable') return energy;
    joules += energy.joules;
    error += energy.error;
  }
  return of.length === 0 ? not('not-bracketed') : { kind: 'measured', joules, error };
}

/**
 * Options of a scenario from the environment, for `k6 run` by hand. Where loadcell runs a script it puts its own executors
 * in their place, from the campaign's plan.
 *
 * Rates are per second, durations as k6 writes them (`20s`). VUS: virtual users; THRESHOLDS: k6's thresholds as JSON.
 */
import type { Options, Scenario } from 'k6/options';

interface Stage {
  readonly duration: string;
  /** Per second. */
  readonly target: number;
}

/** Rates are whole numbers per unit: with this one they keep three decimals per second. */
const UNIT_S = 1000;

export const rate = (name: string, otherwise: number): number => {
  const value = Number(__ENV[name] ?? otherwise);
  if (!(value > 0)) throw new Error(`${name}: found ${__ENV[name]}, expected a rate above zero, for example 50`);
  return value;
};

export const length = (name: string, otherwise: string): string => __ENV[name] ?? otherwise;

/** Seconds of `20s`, `1m30s`, `250ms`. */
export function secondsOf(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  let sum = 0;
  for (const [, value, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/gu))
    sum += Number(value) * (units[unit] ?? 0);
  if (!(sum > 0)) throw new Error(`found the duration ${text}, expected one such as 20s`);
  return sum;
}

/** An arrival rate that goes through stages; a jump is a stage of no length. */
export function arrivals(from: number, stages: readonly Stage[]): Options {
  const vus = Number(__ENV.VUS ?? 50);
  const per = (perSecond: number): number => Math.round(perSecond * UNIT_S);
  const scenario: Scenario = {
    executor: 'ramping-arrival-rate',
    startRate: per(from),
    timeUnit: `${UNIT_S}s`,
    preAllocatedVUs: vus,
    maxVUs: vus,
    stages: stages.map(({ duration, target }) => ({ duration, target: per(target) })),
  };
  return {
    scenarios: { main: scenario },
    thresholds: JSON.parse(__ENV.THRESHOLDS ?? '{}') as Options['thresholds'] & {},
  };
}

/** Levels of one length after another. */
export const levels = (rates: readonly number[], each: string): readonly Stage[] =>
  rates.flatMap((target) => [
    { duration: '0s', target },
    { duration: each, target },
  ]);

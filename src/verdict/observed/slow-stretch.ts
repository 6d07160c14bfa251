import { quantileOf } from '../../gpu/within.ts';
import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';
import type { SecondEvidence } from '../evidence.ts';
import { digits, inPercent } from '../wording.ts';

/** What a slow stretch of a trial is most likely due to; `unknown`: nothing that was observed stands out. */
export type Cause =
  | 'noisy-neighbour'
  | 'clock-drop'
  | 'host-bound'
  | 'memory-bound'
  | 'tensor-bound'
  | 'queueing'
  | 'unknown';

/** Seconds in a row in which requests took much longer than in most. */
export interface SlowStretch {
  readonly startMs: number;
  readonly endMs: number;
  /** The largest P95 of its seconds, and the median of all seconds. */
  readonly p95Ms: number;
  readonly usualMs: number;
  readonly cause: Cause;
  /** The rule that named it, with its figures: a sentence. */
  readonly rule: string;
}

/** A second is slow when its P95 is so many times the median of all, and by more than the clock and timers account for. */
const SLOW = 1.5;
const LEAST_MS = 1;
const MOST_STRETCHES = 10;
const FEWEST_SECONDS = 5;

/** The slow stretches of each phase, against its own seconds, in order; the slowest ten where there are more. */
export const slowestStretches = (phases: readonly (readonly SecondEvidence[])[]): readonly SlowStretch[] =>
  phases
    .flatMap(slowStretches)
    .toSorted((a, b) => b.p95Ms - a.p95Ms)
    .slice(0, MOST_STRETCHES)
    .sort((a, b) => a.startMs - b.startMs);

/** The slow stretches of seconds that are to be like each other, in order. */
export function slowStretches(seconds: readonly SecondEvidence[]): readonly SlowStretch[] {
  const known = seconds.flatMap(({ p95 }) => (p95 === null ? [] : [p95]));
  const usual = quantileOf(known, 0.5);
  if (usual === null || known.length < FEWEST_SECONDS) return [];
  const isSlow = ({ p95 }: SecondEvidence): boolean => p95 !== null && p95 >= SLOW * usual && p95 - usual >= LEAST_MS;
  const quiet = seconds.filter((second) => !isSlow(second) && second.p95 !== null);
  return runsOf(seconds, isSlow).map((stretch) => described(stretch, quiet, usual));
}

/** A single second between two slow ones belongs to them. */
function runsOf(
  seconds: readonly SecondEvidence[],
  isSlow: (second: SecondEvidence) => boolean,
): readonly (readonly SecondEvidence[])[] {
  const runs: SecondEvidence[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const second of seconds) {
    if (!isSlow(second)) continue;
    if (second.atNs - last <= 2 * NS_PER_S + 1) runs.at(-1)?.push(second);
    else runs.push([second]);
    last = second.atNs;
  }
  return runs;
}

function described(stretch: readonly SecondEvidence[], quiet: readonly SecondEvidence[], usualMs: number): SlowStretch {
  const found = RULES.map((rule) => rule({ slow: stretch, quiet })).find((named) => named !== null);
  return {
    startMs: (stretch.at(0)?.atNs ?? 0) / NS_PER_MS,
    endMs: ((stretch.at(-1)?.atNs ?? 0) + NS_PER_S) / NS_PER_MS,
    p95Ms: Math.max(...stretch.map(({ p95 }) => p95 ?? 0)),
    usualMs,
    ...(found ?? { cause: 'unknown', rule: 'Nothing that was observed stands out in these seconds.' }),
  };
}

interface Compared {
  readonly slow: readonly SecondEvidence[];
  readonly quiet: readonly SecondEvidence[];
}

type Rule = (compared: Compared) => { readonly cause: Cause; readonly rule: string } | null;

/** Mean of what is known; null: nothing is. */
function meanOf(
  seconds: readonly SecondEvidence[],
  value: (second: SecondEvidence) => number | null | undefined,
): number | null {
  const known = seconds.map(value).filter((found) => typeof found === 'number');
  return known.length === 0 ? null : known.reduce((sum, found) => sum + found, 0) / known.length;
}

const STEAL = 0.05;
const CLOCK = 0.95;
const CORE = 0.95;
const PRESSURE = 0.3;
const DRAM = 0.7;
const TENSOR = 0.5;
const MORE = 1.2;
/** A host whose processors are asked for so much all the time is the likely cause of any slow second. */
const SATURATED = 0.8;
/** So much of what a second is slower by is enough. */
const LATE = 0.5;

const stolen: Rule = ({ slow }) => {
  const steal = meanOf(slow, (second) => second.steal);
  if (steal === null || steal <= STEAL) return null;
  return {
    cause: 'noisy-neighbour',
    rule: `Its host took ${inPercent(steal)} of the CPU time, above ${inPercent(STEAL)}.`,
  };
};

const clocked: Rule = ({ slow, quiet }) => {
  const [now, usual] = [slow, quiet].map((seconds) => meanOf(seconds, ({ observed }) => observed?.gpuClock));
  if (now != null && usual != null && now < CLOCK * usual) {
    return {
      cause: 'clock-drop',
      rule: `The lowest GPU clock was ${digits(now)} MHz, against ${digits(usual)} MHz otherwise.`,
    };
  }
  const [held, otherwise] = [slow, quiet].map((seconds) => meanOf(seconds, ({ observed }) => observed?.gpuHeld));
  if (held == null || held <= 0.2 || held <= 2 * (otherwise ?? 0)) return null;
  return { cause: 'clock-drop', rule: `A GPU’s clocks were held down in ${inPercent(held)} of the readings.` };
};

/** What the harness itself was late by lies in the response, and is its host's doing. */
const late: Rule = ({ slow, quiet }) => {
  const [lag, usualLag] = [slow, quiet].map((seconds) => meanOf(seconds, ({ lagP99 }) => lagP99));
  const [p95, usual] = [slow, quiet].map((seconds) => meanOf(seconds, (second) => second.p95));
  if (lag == null || p95 == null || lag < LATE * (p95 - (usual ?? 0)) || lag < MORE * (usualLag ?? 0)) return null;
  return {
    cause: 'host-bound',
    rule: `The harness itself started requests late, by ${digits(lag)} ms at P99 against ${digits(usualLag ?? 0)} ms otherwise.`,
  };
};

const hostBound: Rule = ({ slow, quiet }) => {
  const throttled = meanOf(slow, (second) => second.throttledUs) ?? 0;
  if (throttled > 1e4) {
    return {
      cause: 'host-bound',
      rule: `The CPU quota held the processes for ${digits(throttled / 1e3)} ms of each second.`,
    };
  }
  const [core, usualCore] = [slow, quiet].map((seconds) => meanOf(seconds, ({ observed }) => observed?.core));
  const [pressure, usual] = [slow, quiet].map((seconds) => meanOf(seconds, ({ observed }) => observed?.pressureCpu));
  const stands = (value: number): boolean => value >= SATURATED || value >= MORE * (usual ?? 0);
  if (pressure != null && pressure >= PRESSURE && stands(pressure)) {
    return {
      cause: 'host-bound',
      rule: `Some task waited for a CPU in ${inPercent(pressure)} of the time, against ${inPercent(usual ?? 0)} otherwise.`,
    };
  }
  if (core == null || core < CORE || core < MORE * (usualCore ?? 0)) return null;
  return {
    cause: 'host-bound',
    rule: `The busiest processor worked ${inPercent(core)} of the time, against ${inPercent(usualCore ?? 0)} otherwise.`,
  };
};

const memoryBound: Rule = ({ slow }) => {
  const dram = meanOf(slow, ({ observed }) => observed?.gpuDram);
  if (dram === null || dram < DRAM) return null;
  return {
    cause: 'memory-bound',
    rule: `GPU memory was at work in ${inPercent(dram)} of the cycles, above ${inPercent(DRAM)}.`,
  };
};

const tensorBound: Rule = ({ slow }) => {
  const tensor = meanOf(slow, ({ observed }) => observed?.gpuTensor);
  if (tensor === null || tensor < TENSOR) return null;
  return {
    cause: 'tensor-bound',
    rule: `Tensor cores were at work in ${inPercent(tensor)} of the cycles, above ${inPercent(TENSOR)}.`,
  };
};

const queueing: Rule = ({ slow, quiet }) => {
  const [offered, usualOffered] = [slow, quiet].map((seconds) => meanOf(seconds, (second) => second.offered));
  const [inFlight, usual] = [slow, quiet].map((seconds) => meanOf(seconds, (second) => second.inFlight));
  if (offered != null && usualOffered != null && offered >= MORE * usualOffered) {
    return {
      cause: 'queueing',
      rule: `${digits(offered)} requests a second came, against ${digits(usualOffered)} otherwise.`,
    };
  }
  if (inFlight == null || inFlight < 2 || inFlight < 2 * (usual ?? 0)) return null;
  return {
    cause: 'queueing',
    rule: `${digits(inFlight)} requests waited or were in flight, against ${digits(usual ?? 0)} otherwise.`,
  };
};

/**
 * What lies outside the model first: who took the CPU, and a lag that is itself most of what a second is slower by, whatever
 * else changed with it. Then what bounds the model, then the queue that any of them leaves behind.
 */
const RULES: readonly Rule[] = [stolen, late, clocked, hostBound, memoryBound, tensorBound, queueing];

import { type Ns, ns } from '../time/ns.ts';
import type { PerSecond } from './phase.ts';
import type { BreakpointSpec, SpikeSpec, StressSpec } from './scenario-spec.ts';
import { constantStretch, lasting, openStretch, rampPiece, type Stretch } from './stretch.ts';

/** `steps` equal levels, the first at `from`, the last at `to`. */
export function stressLevels(spec: StressSpec): Stretch[] {
  const { from, to, steps } = spec;
  const span = Math.max(1, steps - 1);
  return cut(spec.durationNs, steps).map((durationNs, i) => {
    const rate = i === span ? to : from + ((to - from) * i) / span;
    return constantStretch(levelName(i, rate), spec.law, rate, durationNs);
  });
}

/** `from`, `from + by`, ...; `until` is the last one, whether it lies on that grid or not. */
export function breakpointLevels(spec: BreakpointSpec): Stretch[] {
  return levelsUpTo(spec).map((rate, i) => constantStretch(levelName(i, rate), spec.law, rate, spec.everyNs));
}

function levelsUpTo({ from, by, until }: BreakpointSpec): PerSecond[] {
  // Decimal steps such as 0.1/s miss `until` by rounding: a level that near to it is it.
  const below = Math.max(0, Math.ceil((until - from) / by - 1e-9));
  return [...Array.from({ length: below }, (_, i) => from + i * by), until];
}

/**
 * Base, rise, hold, fall, base with the middle three centred in the whole: `before`, `peak`, `after`.
 *
 * @throws RangeError when the peak leaves no room before and after it.
 */
export function spikePhases(spec: SpikeSpec): Stretch[] {
  const { law, base, peak, riseNs, holdNs, fallNs, durationNs } = spec;
  const peakNs = riseNs + holdNs + fallNs;
  const beforeNs = ns(Math.floor((durationNs - peakNs) / 2));
  const afterNs = ns(durationNs - peakNs - beforeNs);
  if (beforeNs <= 0) {
    const [found, whole] = [peakNs / 1e9, durationNs / 1e9];
    throw new RangeError(
      `spike: found a peak of ${found}s (rise + hold + fall) in ${whole}s, expected it to be shorter`,
    );
  }
  const profile = lasting([
    rampPiece(base, peak, riseNs),
    rampPiece(peak, peak, holdNs),
    rampPiece(peak, base, fallNs),
  ]);
  return [
    constantStretch('before', law, base, beforeNs),
    openStretch('peak', law, profile),
    constantStretch('after', law, base, afterNs),
  ];
}

/** `level 2 (133.33/s)`. */
const levelName = (index: number, rate: PerSecond): string => `level ${index + 1} (${shortRate(rate)}/s)`;

/** At most two decimals, or three digits of a rate below one. */
const shortRate = (rate: PerSecond): number => Number(rate < 1 ? rate.toPrecision(3) : rate.toFixed(2));

/** A duration in `parts` whole numbers of nanoseconds that differ by at most one and come to it exactly. */
const cut = (durationNs: Ns, parts: number): Ns[] =>
  Array.from({ length: parts }, (_, i) => {
    const start = Math.floor((i * durationNs) / parts);
    return ns(Math.floor(((i + 1) * durationNs) / parts) - start);
  });

/**
 * The offset between an agent's clock and the coordinator's, from four timestamps per probe (RFC 5905, section 8):
 * of several probes the one with the shortest round trip tells most, and half of it bounds the error.
 */

/** t1 agent sent, t2 coordinator received, t3 coordinator sent, t4 agent received: nanoseconds, each on its own clock. */
export interface ClockSample {
  readonly t1: bigint;
  readonly t2: bigint;
  readonly t3: bigint;
  readonly t4: bigint;
}

/** Coordinator's clock = agent's clock + offset, true within +- bound. */
export interface OffsetFinding {
  readonly offsetNs: bigint;
  readonly boundNs: bigint;
  /** Parts per million by which the coordinator's clock runs faster; 0 until probes lie {@link DRIFT_SPAN_NS} apart. */
  readonly driftPpm: number;
}

interface Point {
  /** Agent's clock when the reply came. */
  readonly at: bigint;
  readonly offsetNs: bigint;
  readonly boundNs: bigint;
}

/** What is remembered of all probes: the best of every {@link BURST_NS}, oldest first, bounded. */
export type ClockFilter = readonly Point[];

export const NO_PROBES: ClockFilter = [];

/** Probes closer together than this are one burst, of which the shortest round trip is kept. */
const BURST_NS = 5_000_000_000n;
const DRIFT_SPAN_NS = 5_000_000_000n;
/** With a burst every 10 s, an hour of bursts. */
const MOST_POINTS = 360;
/** How fast two undisciplined clocks may part: PHI of RFC 5905, nanoseconds per second. */
const DISPERSION_PPB = 15_000n;

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** Adds a probe. A round trip that reads negative (a clock that stepped back) is left out. */
export function addSample(filter: ClockFilter, sample: ClockSample): ClockFilter {
  const roundTrip = sample.t4 - sample.t1 - (sample.t3 - sample.t2);
  if (roundTrip < 0n) return filter;
  const offsetNs = (sample.t2 - sample.t1 + (sample.t3 - sample.t4)) / 2n;
  const point: Point = { at: sample.t4, offsetNs, boundNs: (roundTrip + 1n) / 2n };
  const last = filter.at(-1);
  if (last === undefined || abs(point.at - last.at) >= BURST_NS) return [...filter, point].slice(-MOST_POINTS);
  return point.boundNs < last.boundNs ? [...filter.slice(0, -1), point] : filter;
}

/** The finding as of `now` on the agent's clock: the probe whose half round trip and age leave least doubt; null without any. */
export function offsetAt(filter: ClockFilter, now: bigint): OffsetFinding | null {
  let best: OffsetFinding | null = null;
  for (const point of filter) {
    const boundNs = point.boundNs + (abs(now - point.at) * DISPERSION_PPB) / 1_000_000_000n;
    if (best === null || boundNs <= best.boundNs) best = { offsetNs: point.offsetNs, boundNs, driftPpm: 0 };
  }
  return best === null ? null : { ...best, driftPpm: driftPpm(filter) };
}

/** Slope of offset over time by least squares, each point weighted by its bound's inverse square. */
function driftPpm(filter: ClockFilter): number {
  const first = filter[0];
  const last = filter.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < DRIFT_SPAN_NS) return 0;
  const points = filter.map((point) => ({
    x: Number(point.at - first.at) / 1e9,
    y: Number(point.offsetNs - first.offsetNs),
    w: 1 / Math.max(1, Number(point.boundNs)) ** 2,
  }));
  const total = points.reduce((sum, { w }) => sum + w, 0);
  const meanX = points.reduce((sum, { x, w }) => sum + w * x, 0) / total;
  const meanY = points.reduce((sum, { y, w }) => sum + w * y, 0) / total;
  const covariance = points.reduce((sum, { x, y, w }) => sum + w * (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, { x, w }) => sum + w * (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance / 1e3;
}

/** An instant of the coordinator's clock on the agent's. */
export const toAgentClock = (coordinatorNs: bigint, finding: OffsetFinding): bigint => coordinatorNs - finding.offsetNs;

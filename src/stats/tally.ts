import { Histogram } from './histogram.ts';
import { OUTCOMES, Outcome } from './outcome.ts';
import { ServicePartsTally } from './service-parts.ts';
import { type StreamMetric, StreamTally } from './stream-tally.ts';

/** A latency that objectives may bound. */
export type LatencyMetric = 'response' | 'service' | 'wait' | StreamMetric;

/**
 * What is counted exactly beside the histograms: per latency limit known in the plan, the requests at or over it.
 * The order of limits is that of the trial's `limits` (see {@link LatencyLimit}).
 */
export interface LatencyLimit {
  readonly metric: LatencyMetric;
  /** A request (of `betweenEvents`: a gap) is over when its latency is at or above this. Nanoseconds. */
  readonly limitNs: number;
}

/**
 * Everything that is counted of the requests of one (phase, slot). Tallies add: a commutative monoid with
 * `new Tally(limits)` as its zero, tested as one.
 *
 * `response`, `service`, `wait`: of the ok requests (the others stand at infinity). `lag`: of all started.
 */
export class Tally {
  /** Requests by {@link Outcome}. Their sum is the scheduled requests of this (phase, slot) that are settled. */
  readonly outcomes: Float64Array;
  readonly response: Histogram;
  readonly service: Histogram;
  readonly wait: Histogram;
  readonly lag: Histogram;
  /** Of the ok requests of a network target; null: no parts are known of any. */
  parts: ServicePartsTally | null;
  /** Of a target whose answers stream events; null: none came. */
  stream: StreamTally | null;
  /** Requests with any start: ok, failed in the target, or timed out after starting. */
  started = 0;
  /**
   * Per limit: **ok** requests with latency >= limit, and gaps between events of any request. Those not ok count as over
   * too; see `outcomes` and `started`.
   */
  readonly over: Float64Array;
  /** Per limit, for `response` and `firstEvent` only: ok requests at or over it even if the harness had never been late (decision 0007). */
  readonly overLessLag: Float64Array;
  /** ok requests completed by the phase's end + g and, for goodput, within every response limit (MEASUREMENT: throughput and goodput are facts). */
  inTime = 0;
  good = 0;

  /** `like`: the requests of this tally, counted against other limits; it is shared, and neither may change afterwards. */
  constructor(limits: number, like?: Tally) {
    this.outcomes = like?.outcomes ?? new Float64Array(OUTCOMES);
    this.response = like?.response ?? new Histogram();
    this.service = like?.service ?? new Histogram();
    this.wait = like?.wait ?? new Histogram();
    this.lag = like?.lag ?? new Histogram();
    this.parts = like?.parts ?? null;
    this.stream = like?.stream ?? null;
    this.started = like?.started ?? 0;
    this.over = new Float64Array(limits);
    this.overLessLag = new Float64Array(limits);
  }

  add(other: Tally): void {
    addInto(this.outcomes, other.outcomes);
    addInto(this.over, other.over);
    addInto(this.overLessLag, other.overLessLag);
    this.response.add(other.response);
    this.service.add(other.service);
    this.wait.add(other.wait);
    this.lag.add(other.lag);
    if (other.parts !== null) this.ownParts().add(other.parts);
    if (other.stream !== null) this.ownStream().add(other.stream);
    this.started += other.started;
    this.inTime += other.inTime;
    this.good += other.good;
  }

  clear(): void {
    this.outcomes.fill(0);
    this.over.fill(0);
    this.overLessLag.fill(0);
    this.response.clear();
    this.service.clear();
    this.wait.clear();
    this.lag.clear();
    this.parts = null;
    this.stream = null;
    this.started = 0;
    this.inTime = 0;
    this.good = 0;
  }

  /** The parts to count into. */
  ownParts(): ServicePartsTally {
    this.parts ??= new ServicePartsTally();
    return this.parts;
  }

  /** What to count events into. */
  ownStream(): StreamTally {
    this.stream ??= new StreamTally();
    return this.stream;
  }

  /** Requests settled with any outcome. */
  get settled(): number {
    let sum = 0;
    for (const n of this.outcomes) sum += n;
    return sum;
  }

  get ok(): number {
    return this.outcomes[Outcome.ok] as number;
  }

  get isEmpty(): boolean {
    return this.settled === 0;
  }
}

/** A new tally that holds both. */
export function plus(a: Tally, b: Tally): Tally {
  const sum = new Tally(a.over.length);
  sum.add(a);
  sum.add(b);
  return sum;
}

function addInto(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (from[i] as number);
}

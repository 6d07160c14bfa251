import { Histogram } from './histogram.ts';

/**
 * What is counted of answers that stream events. Adds as the tally that holds it does.
 *
 * `firstEvent`, `firstEventService`: of the ok requests (the others stand at infinity). `betweenEvents`: every gap between
 * two events that came, whatever became of their request: one that did not end well owes one more, at infinity.
 */
export class StreamTally {
  /** From the intended start to the first event. */
  readonly firstEvent = new Histogram();
  /** From the start. */
  readonly firstEventService = new Histogram();
  /** From each event to the one after it. */
  readonly betweenEvents = new Histogram();
  /** Events that came, of all requests. */
  events = 0;

  add(other: StreamTally): void {
    for (const metric of STREAM_METRICS) this[metric].add(other[metric]);
    this.events += other.events;
  }
}

/** Its latencies by name. */
export const STREAM_METRICS = ['firstEvent', 'firstEventService', 'betweenEvents'] as const;
export type StreamMetric = (typeof STREAM_METRICS)[number];

export const isStreamMetric = (name: string): name is StreamMetric => STREAM_METRICS.some((metric) => metric === name);

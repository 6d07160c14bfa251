import { highestOf, lowestOf } from './buckets.ts';
import { Histogram } from './histogram.ts';
import type { ServicePart } from './service-parts.ts';
import { isStreamMetric, type StreamMetric } from './stream-tally.ts';
import type { Tally } from './tally.ts';

/** The requests (of `betweenEvents`: the gaps) that a figure stands on: durations of some, the others at infinity. */
export interface Population {
  readonly finite: Histogram;
  /** Requests that count as slower than any duration. */
  readonly infinite: number;
}

const NOTHING = new Histogram();

export type PopulationName = 'response' | 'responseOk' | 'service' | 'wait' | 'lag' | ServicePart | StreamMetric;

/**
 * `response` stands on all scheduled requests, `service` and `wait` on the started ones: those not ok are at infinity.
 * `responseOk` and the parts of the service time stand on the ok requests alone, `lag` on all started ones.
 *
 * `firstEvent` stands on what `response` does, `firstEventService` on what `service` does. `betweenEvents` stands on the
 * gaps that came, and on one at infinity of each started request that is not ok: the event that it still owed.
 */
export function populationOf(tally: Tally, name: PopulationName): Population {
  switch (name) {
    case 'response':
      return { finite: tally.response, infinite: tally.settled - tally.ok };
    case 'responseOk':
      return { finite: tally.response, infinite: 0 };
    case 'service':
      return { finite: tally.service, infinite: tally.started - tally.ok };
    case 'wait':
      return { finite: tally.wait, infinite: tally.started - tally.ok };
    case 'lag':
      return { finite: tally.lag, infinite: 0 };
    default:
      return isStreamMetric(name)
        ? { finite: tally.stream?.[name] ?? NOTHING, infinite: owedEvents(tally, name) }
        : { finite: tally.parts?.[name] ?? NOTHING, infinite: 0 };
  }
}

const owedEvents = (tally: Tally, metric: StreamMetric): number =>
  (metric === 'firstEvent' ? tally.settled : tally.started) - tally.ok;

export const sizeOf = (population: Population): number => population.finite.total + population.infinite;

/** Requests in buckets above `bucket`. */
export const countAbove = (population: Population, bucket: number): number =>
  population.finite.countFrom(bucket + 1) + population.infinite;

/** The duration of 1-based `rank`, ascending, nanoseconds (a bucket's highest, at most the exact maximum); null at infinity. */
export function durationOfRank(population: Population, rank: number): number | null {
  const bucket = population.finite.bucketOfRank(Math.max(1, rank));
  return bucket < 0 ? null : durationOfBucket(population, bucket);
}

/** What a bucket stands for: its highest, at most the exact maximum, nanoseconds. */
export const durationOfBucket = ({ finite }: Population, bucket: number): number =>
  Math.min(highestOf(bucket) * 1000, Math.max(finite.maxNs, lowestOf(bucket) * 1000));

/** What was counted and timed of requests, as results tell it. */
import type { Estimate } from '../stats/estimate.ts';

/** scheduled = ok + sum(failed) + shed + unfinished, exactly. `cancelled` stands outside every ratio. */
export interface Accounting {
  readonly scheduled: number;
  readonly ok: number;
  readonly failed: {
    readonly timeout: number;
    readonly rejected: number;
    readonly 'target-error': number;
    readonly 'wrong-output': number;
  };
  readonly shed: number;
  readonly unfinished: number;
  readonly cancelled: number;
}

/** Requests that failed, of every class. */
export const failedOf = ({ failed }: Accounting): number =>
  failed.timeout + failed.rejected + failed['target-error'] + failed['wrong-output'];

/** (failed + shed + unfinished) / scheduled. */
export function errorShare(accounting: Accounting): number {
  const { scheduled, shed, unfinished } = accounting;
  return scheduled === 0 ? 0 : (failedOf(accounting) + shed + unfinished) / scheduled;
}

/** Per second. */
export interface Rates {
  readonly offered: number;
  readonly started: number;
  readonly achieved: number;
  readonly goodput: number;
  readonly samples: number;
  /** Events of answers that stream them, of the requests intended in this time; absent: none streams any. */
  readonly events?: number;
}

/** The figures of a latency, as they stand beside one another. */
export const LATENCY_FIGURES = ['mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;
export type LatencyFigure = (typeof LATENCY_FIGURES)[number];

export interface LatencySummary extends Readonly<Record<LatencyFigure, Estimate>> {
  readonly count: number;
}

/** Milliseconds. `response` stands on all scheduled requests, failures at infinity; `responseOk` on the ok ones alone. */
export interface Latency {
  readonly unit: 'ms';
  readonly response: LatencySummary;
  readonly responseOk: LatencySummary;
  readonly service: LatencySummary;
  readonly wait: LatencySummary;
  readonly lag: LatencySummary;
  /** How the service times of ok requests over a network were made up; absent in process. */
  readonly parts?: {
    readonly connect: LatencySummary;
    readonly firstByte: LatencySummary;
    readonly receive: LatencySummary;
    /** Of the answers that report the server's own time; absent: none did. */
    readonly server?: LatencySummary;
  };
  /** From the intended start to the first event of an answer that streams, on all scheduled requests as `response`; absent: none did. */
  readonly firstEvent?: LatencySummary;
  /** From the start, on the started requests as `service`. */
  readonly firstEventService?: LatencySummary;
  /** From event to event: `count` gaps, and one at infinity of each started request that is not ok. */
  readonly betweenEvents?: LatencySummary;
}

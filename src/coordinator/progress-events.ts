import type { Level } from '../stats/peak/level.ts';

/**
 * What the coordinator tells of a run while it lasts, in order; for eyes only: nothing is judged by it.
 * Structured-clone and JSON safe.
 */
export type ProgressEvent =
  /** Some places of the fleet have no agent yet. `why`: why the engine has not given them, a clause; absent: it has, or has not said. */
  | { readonly kind: 'waiting'; readonly registered: number; readonly of: number; readonly why?: string }
  /** The harness itself is being measured on a node. */
  | {
      readonly kind: 'calibrating';
      readonly node: string;
      readonly driver: string;
      readonly pacing: string;
      readonly workers: number;
      /** Of k6; else null. */
      readonly vus: number | null;
    }
  /** `ageS`: seconds since a calibration that is used again was taken; null: it was taken just now. */
  | {
      readonly kind: 'calibrated';
      readonly node: string;
      readonly ageS: number | null;
      readonly ceilingPerSecond: number;
      /** Null: k6 records none. */
      readonly lagP99Ms: number | null;
      /** False: a known answer came out wrong. */
      readonly ok: boolean;
    }
  /** A file of the plan goes out to an agent whose node lacks it: so many of its bytes so far. */
  | {
      readonly kind: 'sending';
      readonly agent: number;
      readonly file: string;
      readonly bytes: number;
      readonly of: number;
    }
  /** Targets are opened on every agent. */
  | { readonly kind: 'preparing'; readonly at: TrialPosition }
  /** One more second of a trial is known of every agent. */
  | { readonly kind: 'second'; readonly at: TrialPosition; readonly live: LiveSecond }
  /** Load has ended; requests in flight are waited for, at most `leftS`. */
  | { readonly kind: 'draining'; readonly at: TrialPosition; readonly inFlight: number; readonly leftS: number }
  /** What was measured so far calls for the trial's end. `why`: a clause for people. */
  | {
      readonly kind: 'ending-early';
      readonly at: TrialPosition;
      readonly cause: 'abort' | 'broke' | 'sure';
      readonly why: string;
    }
  | { readonly kind: 'trial-ended'; readonly at: TrialPosition }
  /** It was invalid and is run once more. */
  | { readonly kind: 'trial-retried'; readonly at: TrialPosition; readonly why: string }
  | { readonly kind: 'trial-not-run'; readonly at: TrialPosition; readonly why: string }
  /** Something went wrong on the harness's side: one sentence. */
  | { readonly kind: 'fault'; readonly message: string }
  /** The user asked to stop. */
  | { readonly kind: 'interrupting'; readonly signal: string }
  | { readonly kind: 'judging' };

/** Where a trial stands in the run. Numbers count from 1. */
export interface TrialPosition {
  readonly cellId: string;
  /** Position of the trial among all trials of the run, in the order in which they run. */
  readonly index: number;
  readonly of: number;
  readonly trial: number;
  readonly trials: number;
  readonly attempt: number;
  /** Of a search for a peak: what this level of it is for, its rate, and how many may come after it at most. */
  readonly level?: Level & { readonly atMost: number };
}

export interface LiveSecond {
  readonly phase: string;
  readonly purpose: 'warmup' | 'measure';
  /** Requests per second over the last second, of the whole fleet. */
  readonly offered: number;
  readonly achieved: number;
  /** Response times of the last seconds, milliseconds; null while nothing has completed. Plain quantiles. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Requests not ok since the trial's start. */
  readonly failed: number;
  readonly inFlight: number;
  /** Seconds until this phase, and until the load of the whole run, is over; null where that depends on completions. */
  readonly phaseLeftS: number | null;
  readonly runLeftS: number | null;
}

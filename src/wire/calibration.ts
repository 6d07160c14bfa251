import type { Pacing } from '../campaign/plan.ts';

export interface CalibrationSpec {
  readonly driver: 'in-process';
  readonly pacing: Pacing;
  readonly workers: number;
}

/** What the coordinator asks of an agent (`Calibrate.spec_json`): one that is at most this old may be used again. */
export interface CalibrationRequest extends CalibrationSpec {
  /** Seconds; 0: always a fresh one. */
  readonly maxAgeS: number;
}

/** MEASUREMENT section 6: what the harness itself is worth on this node. Stored with every result. */
export interface Calibration {
  readonly driver: 'in-process';
  readonly pacing: Pacing;
  readonly workers: number;
  /** Wall-clock instant, ISO 8601 UTC. */
  readonly takenAt: string;
  /** Highest rate of one agent against the null target, recording on. */
  readonly ceilingPerSecond: number;
  /** Lag at 1,000/s against the null target, milliseconds. */
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly 'p99.9': number };
  /** Lateness of the pacing sleep and resolution of the clock, microseconds. */
  readonly timer: { readonly resolutionUs: number; readonly sleepLateP50Us: number; readonly sleepLateP99Us: number };
  /** Cost of one record, nanoseconds. */
  readonly recordNs: number;
  /** Known answers against the analytic ones; `error` is relative. */
  readonly checks: readonly {
    readonly name: 'stall-p90' | 'stall-p99' | 'service-p50';
    readonly expectedMs: number;
    readonly observedMs: number;
    readonly error: number;
    readonly ok: boolean;
  }[];
}

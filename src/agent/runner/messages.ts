import type { Pacing } from '../../campaign/plan.ts';
import type { TargetSpec } from '../../campaign/target-spec.ts';
import type { Phase, Share } from '../../scenarios/phase.ts';
import type { LatencyLimit } from '../../stats/tally.ts';
import type { TargetFacts } from '../../targets/target.ts';
import type { Ns } from '../../time/ns.ts';

/** What one agent's runner needs to run its share of one trial. Travels as JSON from coordinator to agent to runner. */
export interface TrialSpec {
  readonly cell: number;
  readonly cellId: string;
  readonly trial: number;
  readonly attempt: number;
  readonly seed: string;
  readonly scenario: string;
  readonly phases: readonly Phase[];
  readonly target: TargetSpec;
  readonly share: Share;
  readonly workers: number;
  readonly pacing: Pacing;
  readonly backlog: number | null;
  readonly timeoutNs: Ns;
  readonly drainNs: Ns;
  /** Latency limits of the cell's objectives, counted exactly. */
  readonly limits: readonly LatencyLimit[];
  /** g: how long after a phase's end a completion is still in time: the tightest response limit, else 1 s. */
  readonly graceNs: Ns;
}

/** Agent to runner. One runner serves one trial (or one calibration) and ends. */
export type ToRunner =
  | { readonly kind: 'prepare'; readonly spec: TrialSpec }
  /** Instant 0 of the trial (start of the first measure phase) on the node's monotonic clock, nanoseconds. */
  | { readonly kind: 'arm'; readonly zero: bigint }
  /** Start nothing intended or begun after `atNs` of the trial; then wait for what is in flight, at most the drain. */
  | { readonly kind: 'stop'; readonly atNs: Ns }
  | { readonly kind: 'calibrate'; readonly spec: CalibrationSpec };

export type FromRunner =
  | { readonly kind: 'ready'; readonly facts: TargetFacts }
  /** A sealed interval as encoded `loadcell.v1.Interval`; seq counts from 0 without a gap. */
  | { readonly kind: 'interval'; readonly seq: number; readonly payload: Uint8Array }
  /** After the last interval. */
  | { readonly kind: 'done'; readonly lastSeq: number }
  | { readonly kind: 'calibrated'; readonly result: Calibration }
  /** Set-up failed: one sentence for people. The runner ends. */
  | { readonly kind: 'fault'; readonly code: 'target-setup' | 'own-fault'; readonly message: string };

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

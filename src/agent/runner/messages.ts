import type { ServerTold } from '../../targets/server-told.ts';
import type { TargetFacts } from '../../targets/target.ts';
import type { Ns } from '../../time/ns.ts';
import type { Calibration, CalibrationSpec, CalibrationStep } from '../../wire/calibration.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';

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
  /** After the last interval. `server`: what the server told of itself; null: this runner did not ask it. */
  | { readonly kind: 'done'; readonly lastSeq: number; readonly server: ServerTold | null }
  /** What a calibration begins with now. */
  | { readonly kind: 'calibrating'; readonly step: CalibrationStep }
  | { readonly kind: 'calibrated'; readonly result: Calibration }
  /** Set-up failed, the target was exchanged, or its own code ended a thread: one sentence for people. The runner ends. */
  | {
      readonly kind: 'fault';
      readonly code: 'target-setup' | 'target-changed' | 'runner-died' | 'own-fault';
      readonly message: string;
    };

import type { Pacing } from '../campaign/plan.ts';

/** What sends requests: code in process, a client of a protocol, or k6. */
export const DRIVERS = ['in-process', 'http/1.1', 'http/2', 'grpc', 'k6'] as const;
export type Driver = (typeof DRIVERS)[number];

/** What a client is calibrated with beside its protocol; null in process. */
export interface DriverSize {
  /** Of k6: virtual users. */
  readonly connections: number;
  readonly streams: number;
  /** Of a request's body, and of the answer's. */
  readonly bodyBytes: number;
  /** Absent: as plain. */
  readonly security?: 'plain' | 'tls';
}

export interface CalibrationSpec {
  readonly driver: Driver;
  readonly size: DriverSize | null;
  readonly pacing: Pacing;
  readonly workers: number;
}

/** What tells calibrations apart. */
export const calibrationKey = ({ driver, size, pacing, workers }: CalibrationSpec): string =>
  [driver, pacing, workers, ...(size === null ? [] : sizeKey(size))].join('/');

const sizeKey = ({ connections, streams, bodyBytes, security }: DriverSize): readonly (string | number)[] => [
  connections,
  streams,
  bodyBytes,
  ...(security === 'tls' ? [security] : []),
];

/** What the coordinator asks of an agent (`Calibrate.spec_json`): one that is at most this old may be used again. */
export interface CalibrationRequest extends CalibrationSpec {
  /** Seconds; 0: always a fresh one. */
  readonly maxAgeS: number;
}

export type KnownAnswer = 'stall-p90' | 'stall-p99' | 'service-p50';

/** Relative errors up to which a known answer counts as found. */
export const KNOWN_ANSWER_TOLERANCE: Readonly<Record<KnownAnswer, number>> = {
  'stall-p90': 0.05,
  'stall-p99': 0.05,
  'service-p50': 0.02,
};

/** What a calibration is busy with, in this order. */
export type CalibrationStep = 'timers' | 'highest rate' | 'known stall' | 'known service time';

/** MEASUREMENT section 6: what the harness itself is worth on this node. Stored with every result. */
export interface Calibration {
  readonly driver: Driver;
  /** Absent: as null. */
  readonly size?: DriverSize | null;
  /** Of k6: which one it was. */
  readonly k6?: { readonly version: string; readonly output: 'loadcell' | 'stock' };
  readonly pacing: Pacing;
  readonly workers: number;
  /** Wall-clock instant, ISO 8601 UTC. */
  readonly takenAt: string;
  /**
   * Highest rate of one agent against the null target, recording on; of a client against a canned responder; of k6 likewise,
   * one request an iteration.
   */
  readonly ceilingPerSecond: number;
  /** Lag at 1,000/s against the same, milliseconds; null: k6 records none. */
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly 'p99.9': number } | null;
  /** Of k6: what an iteration of one request takes far below the highest rate, answered at once, milliseconds. */
  readonly floorMs?: { readonly p50: number; readonly p99: number };
  /** Lateness of the pacing sleep and resolution of the clock, microseconds. */
  readonly timer: { readonly resolutionUs: number; readonly sleepLateP50Us: number; readonly sleepLateP99Us: number };
  /** Cost of one record, nanoseconds. */
  readonly recordNs: number;
  /** Share of the node's CPU time that its host gave to others meanwhile; null: the node does not tell. */
  readonly steal?: number | null;
  /** Known answers against the analytic ones; `error` is relative. */
  readonly checks: readonly {
    readonly name: KnownAnswer;
    readonly expectedMs: number;
    readonly observedMs: number;
    readonly error: number;
    readonly ok: boolean;
  }[];
}

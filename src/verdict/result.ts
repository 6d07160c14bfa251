import type { EngineName } from '../campaign/fleet-spec.ts';
import type { Instance, ServerInstance } from '../campaign/instance.ts';
import type { BetweenTrials } from '../stats/between-trials.ts';
import type { NodesByProvider } from '../targets/target.ts';
import type { NotRun } from './evidence.ts';
import type { ObjectiveResult } from './objective-result.ts';
import type { PeakResult } from './peak/found.ts';
import type { BreakpointResult, TrialResult } from './trial-result.ts';
import type { Verdict } from './verdict.ts';

/** What was measured, as it opened; beside these, facts that hang on its kind (model, inputs). */
export interface TargetResult {
  readonly kind: string;
  /** Of a model that onnxruntime runs; absent where it never opened. */
  readonly session?: {
    readonly provider: string;
    readonly options: Readonly<Record<string, string | number>>;
    /** What each provider ran of one profiled request; absent where nothing was profiled. */
    readonly nodes?: NodesByProvider;
  };
  readonly [fact: string]: unknown;
}

/** Percentiles of the response from trial to trial, milliseconds; null where a trial has none. */
export interface BetweenTrialsResult {
  readonly unit: 'ms';
  readonly response: Readonly<Record<'p50' | 'p90' | 'p95' | 'p99' | 'p99.9', BetweenTrials | null>>;
}

/** A network that was asked for: results through it are comparable with each other alone. */
export interface NetworkLabel {
  /** `20ms ± 5ms each way, 100Mbit/s` */
  readonly label: string;
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Bits per second each way; null: no bound. */
  readonly bandwidth: number | null;
}

/** What one agent was given to run on, as it was asked for; `pricePerHour` in whatever money the campaign counts. */
export type InstanceResult = Pick<Instance, 'gpu' | 'gpusPerAgent' | 'cpus' | 'memoryBytes' | 'pricePerHour'>;

export interface CellResult {
  readonly id: string;
  readonly target: string;
  readonly scenario: string;
  readonly values: Readonly<Record<string, string | number | boolean>>;
  /** Key of `fleet.instances`: what its agents ran on; absent: nothing was asked. */
  readonly instance?: string;
  /** What the endpoint is said to run on; absent: the campaign does not say. */
  readonly measuredOn?: ServerInstance;
  readonly judged: boolean;
  /** Present where it was measured through a network that a proxy made. */
  readonly network?: NetworkLabel;
  readonly verdict: Verdict;
  readonly objectives: readonly ObjectiveResult[];
  /** Null below five valid trials: the bounds of each trial know nothing of the others. */
  readonly betweenTrials: BetweenTrialsResult | null;
  readonly breakpoint: BreakpointResult | null;
  /** Null where the scenario is no search for a peak. */
  readonly peak: PeakResult | null;
  /** Every attempt of every trial that was begun. */
  readonly trials: readonly TrialResult[];
  /** Trials of which no attempt was run. */
  readonly notRun: readonly NotRun[];
}

/** A run that had ended early was taken up again (`loadcell run --resume`). */
export interface Resumption {
  /** Last word before, ISO 8601 UTC. */
  readonly stoppedAt: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly source: { readonly commit: string | null; readonly dirty: boolean | null; readonly ci: string | null };
  /** Every node that served from then on had served before, and is comparable with itself. */
  readonly sameNodes: boolean;
}

/** `benchmarks.json`, whole. The published JSON Schema is generated from the zod schema in `report/`. */
export interface Benchmarks {
  readonly kind: 'loadcell/benchmarks';
  readonly schemaVersion: 1;
  readonly run: {
    readonly id: string;
    readonly campaign: string;
    readonly environment: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly startedAt: string;
    readonly endedAt: string;
    readonly state: 'complete' | 'interrupted' | 'aborted';
    /** When it was taken up again after it had ended early, in order. */
    readonly resumed: readonly Resumption[];
    readonly seed: string;
    readonly campaignDigest: string;
    readonly planDigest: string;
    readonly loadcell: string;
    readonly source: { readonly commit: string | null; readonly dirty: boolean | null; readonly ci: string | null };
  };
  /** Present where the result is not the run's own, but that of other objectives: their file, its digest, and the cells judged by them. */
  readonly rejudged?: { readonly file: string; readonly digest: string; readonly cells: readonly string[] };
  readonly verdict: Verdict & { readonly exitCode: number };
  readonly instrument: {
    /** As in calibration.json. */
    readonly calibration: readonly Readonly<Record<string, unknown>>[];
    readonly clocks: readonly {
      readonly agent: string;
      readonly offsetMs: number;
      readonly boundMs: number;
      readonly driftPpm: number;
    }[];
  };
  readonly nodes: readonly {
    readonly id: string;
    readonly agents: readonly string[];
    readonly fingerprint: Readonly<Record<string, unknown>>;
  }[];
  /** What placed the agents, and on what; absent: the local engine, of which nothing was asked. */
  readonly fleet?: { readonly engine: EngineName; readonly instances: Readonly<Record<string, InstanceResult>> };
  readonly targets: Readonly<Record<string, TargetResult>>;
  readonly cells: readonly CellResult[];
  readonly evidence: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
}

import type { ExporterObservation } from '../gpu/observation.ts';
import type { Slope } from '../stats/slope-test.ts';
import type { NetworkFacts, NetworkReleases } from '../targets/network-facts.ts';
import type { K6Result, PartResult } from './k6/k6-figures.ts';
import type { ObjectiveResult } from './objective-result.ts';
import type { EnergyResult, GpuResult, ScrapedResult } from './observed/gpu-result.ts';
import type { HostNodeResult } from './observed/host-node.ts';
import type { SlowStretch } from './observed/slow-stretch.ts';
import type { Accounting, Latency, Rates } from './request-figures.ts';
import type { ServerResult } from './server/server-result.ts';
import type { Verdict } from './verdict.ts';

export interface PhaseResult {
  readonly purpose: 'warmup' | 'measure' | 'cooldown';
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly accounting: Accounting;
  readonly rates: Rates;
  readonly latency: Latency;
  /** Absent: no GPU was looked at. */
  readonly gpu?: GpuResult;
  readonly energy?: EnergyResult;
}

/** Whether a constant-rate open phase of at least 60 s stayed as it was. `steady`: nothing tells otherwise, which is no proof. */
export interface SteadyResult {
  readonly phase: string;
  readonly kind: 'steady' | 'not-stationary';
  /** Of the mean response of ok requests from the phase's start to its end, by its 20 blocks. */
  readonly slope: Slope;
  /** On the means of its slots. */
  readonly kpss: { readonly statistic: number; readonly critical: number };
  /** From 300 s on: the beginning that is unlike what follows, `change` its mean against that, less 1; null: there is none. */
  readonly settledAt: { readonly afterMs: number; readonly change: number; readonly atBound: boolean } | null;
}

/** The warm-up was `lengthS` and should be `atLeastS`, seconds; `from`: whose data ask for it. */
export interface WarmupAdvice {
  readonly lengthS: number;
  readonly atLeastS: number;
  readonly from: 'warm-up' | 'measure-phase';
}

/** How far a breakpoint scenario came. */
export interface BreakpointResult {
  /** Rate of the highest level that held, per second; 0: the first one broke. */
  readonly held: number;
  /** The first level that broke, and why; null: none did. */
  readonly broke: { readonly level: string; readonly why: string } | null;
}

/** Which look decided a trial of a cell with `stop: early`. */
export interface LookResult {
  /** Counts from 1; `of`: the looks that a trial has, the last one at its end. */
  readonly number: number;
  readonly of: number;
  /** It was decided by the requests intended before this instant of the trial's time line. */
  readonly atMs: number;
  readonly requests: number;
  /** What it spent of the error (1 - confidence) of every objective. */
  readonly errorShare: number;
  /** When it ended the trial; null: the trial ran to its end. */
  readonly stoppedMs: number | null;
}

export interface TrialResult {
  readonly index: number;
  readonly attempt: number;
  readonly verdict: Verdict;
  readonly scheduleDigest: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly accounting: Accounting;
  readonly rates: Rates;
  readonly latency: Latency;
  /** What the server that was measured says of itself; absent: it was not asked. */
  readonly server?: ServerResult;
  /** Of a k6 script: what it says of itself, and its parts merged over the fleet. */
  readonly k6?: K6Result;
  readonly parts?: readonly PartResult[];
  readonly phases: readonly PhaseResult[];
  readonly perAgent: readonly {
    readonly agent: string;
    readonly accounting: Accounting;
    readonly response: { readonly p50: number | null; readonly p99: number | null };
    readonly lag: { readonly p99: number | null };
    /** What its network was found to do before the load; present where it put one in between. */
    readonly network?: NetworkFacts & NetworkReleases;
  }[];
  readonly failures: readonly {
    readonly class: string;
    readonly code: string;
    readonly message: string;
    readonly count: number;
    readonly firstMs: number;
    readonly agent: string;
  }[];
  readonly slowest: readonly {
    readonly seq: number;
    readonly sample: number;
    readonly intendedMs: number;
    /** Null: not recorded, by k6. */
    readonly waitMs: number | null;
    readonly lagMs: number | null;
    readonly serviceMs: number;
    readonly agent: string;
  }[];
  readonly objectives: readonly ObjectiveResult[];
  /** The phases of which it is asked whether they stayed as they were, in order. */
  readonly steady: readonly SteadyResult[];
  readonly warmupAdvice: WarmupAdvice | null;
  /** Null where the scenario is no breakpoint. */
  readonly breakpoint: BreakpointResult | null;
  /** Of a cell whose trials may end at a look; absent elsewhere, and where something else ended the trial. */
  readonly look?: LookResult;
  readonly series: { readonly path: string; readonly everyMs: 1000; readonly columns: readonly string[] };
  readonly start: {
    readonly sessionMs: number | null;
    readonly firstInferenceMs: number | null;
    readonly spreadMs: number | null;
  };
  /** Null: no GPU was looked at. */
  readonly gpu: GpuResult | null;
  readonly host: {
    readonly cpu: number | null;
    readonly steal: number | null;
    readonly throttledUs: number | null;
    readonly rssBytes: number | null;
    readonly pacingCpu: number | null;
    /** Largest 99th percentile of a second, over all runners' main threads; absent: none told. */
    readonly runnerLoopDelayP99Ms?: number;
    /** By the agent that observed it; absent: nobody observed any. */
    readonly nodes?: readonly HostNodeResult[];
  };
  /** Null: no GPU tells of power or energy. */
  readonly energy: EnergyResult | null;
  /** What pages of metrics that the campaign names said; absent: none was read. */
  readonly scraped?: readonly ScrapedResult[];
  /** How the servers of these pages, and those of dcgm-exporter, answered; absent: none was asked. */
  readonly exporters?: readonly ExporterObservation[];
  /** Seconds much slower than most, and what they are likely due to; absent: none. */
  readonly slow?: readonly SlowStretch[];
}

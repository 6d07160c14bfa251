import type { EngineName } from '../campaign/fleet-spec.ts';
import type { Instance, ServerInstance } from '../campaign/instance.ts';
import type { ObservedUnit } from '../campaign/observed-indicator.ts';
import type { ExporterObservation } from '../gpu/observation.ts';
import type { NonEmpty } from '../scenarios/phase.ts';
import type { BetweenTrials } from '../stats/between-trials.ts';
import type { Estimate } from '../stats/estimate.ts';
import type { Slope } from '../stats/slope-test.ts';
import type { NetworkFacts, NetworkReleases } from '../targets/network-facts.ts';
import type { NodesByProvider } from '../targets/target.ts';
import type { NotRun } from './evidence.ts';
import type { K6Result, PartResult } from './k6/k6-figures.ts';
import type { EnergyResult, GpuResult, ScrapedResult } from './observed/gpu-result.ts';
import type { HostNodeResult } from './observed/host-node.ts';
import type { SlowStretch } from './observed/slow-stretch.ts';

import type { PeakResult } from './peak/found.ts';

import type { ServerResult } from './server/server-result.ts';

export type { Estimate } from '../stats/estimate.ts';
export type { PeakCurve, PeakLevel, PeakResult } from './peak/found.ts';

/** Why a verdict is what it is: a code from a closed list, the place, a sentence, and what would be right. */
export interface Reason {
  readonly code: ReasonCode;
  readonly where: string;
  readonly message: string;
  readonly hint: string;
}

export type VerdictKind = 'pass' | 'fail' | 'inconclusive' | 'invalid';

export type Verdict =
  | { readonly kind: 'pass'; readonly reasons: readonly []; readonly cautions: readonly Reason[] }
  | {
      readonly kind: 'fail' | 'inconclusive' | 'invalid';
      readonly reasons: NonEmpty<Reason>;
      readonly cautions: readonly Reason[];
    };

export type ReasonCode =
  // fail
  | 'objective-missed'
  | 'gross-breach'
  | 'aborted'
  // inconclusive
  | 'needs-more-requests'
  | 'interrupted'
  | 'host-noise'
  | 'not-stationary'
  | 'not-run'
  | 'deadline'
  | 'target-setup'
  | 'limit-not-counted'
  | 'look-contradicted'
  | 'peak-not-found'
  | 'peak-not-confirmed'
  | 'not-observed'
  // invalid
  | 'generator-decides'
  | 'not-started'
  | 'too-few-vus'
  | 'harness-cpu'
  | 'interval-lost'
  | 'accounting-broken'
  | 'bookkeeping-broken'
  | 'clock-stepped'
  | 'clock-unsynchronised'
  | 'start-spread'
  | 'target-changed'
  | 'runner-died'
  | 'agent-lost'
  | 'own-fault'
  | 'too-few-valid-trials'
  | 'gpu-lost'
  | 'gpu-xid'
  | 'gpu-ecc'
  | 'gpu-throttled'
  | 'gpu-count'
  | 'gpu-counter-backwards'
  | 'gpu-foreign'
  | 'network-off'
  // cautions (some of the above are cautions too, in a milder degree)
  | 'lag-high'
  | 'overloaded'
  | 'near-ceiling'
  | 'calibration-failed'
  | 'cpu-steal'
  | 'cpu-throttled'
  | 'provider-fallback'
  | 'nodes-on-cpu'
  | 'answers-from-cache'
  | 'invalid-trial-among-valid'
  | 'run-to-run-not-covered'
  | 'levels-short'
  | 'coarse-seconds'
  | 'blind-to'
  | 'settled-at'
  | 'exception-unplaced'
  | 'samples-as-csv'
  | 'threshold-not-judged'
  | 'driver-floor'
  | 'threshold-crossed'
  | 'marked-failed'
  | 'retried'
  | 'resumed-elsewhere'
  | 'server-other-clients'
  | 'server-counted-fewer'
  | 'server-cache'
  | 'gpu-power-cap'
  | 'gpu-clock-drop'
  | 'gpu-warming'
  | 'gpu-coverage'
  | 'gpu-energy-disagrees'
  | 'gpu-neighbour'
  | 'exporter-silent'
  | 'exporter-clock'
  | 'network-uneven';

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

export interface LatencySummary {
  readonly count: number;
  readonly mean: Estimate;
  readonly p50: Estimate;
  readonly p90: Estimate;
  readonly p95: Estimate;
  readonly p99: Estimate;
  readonly 'p99.9': Estimate;
  readonly max: Estimate;
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

/** A window that breached, on the trial's time line. */
export interface WindowResult {
  /** `hang`: nothing was answered in its last two seconds. */
  readonly kind: 'share' | 'hang';
  readonly startMs: number;
  readonly endMs: number;
  /** Requests over the limit, of those settled or older than it. */
  readonly over: number;
  readonly of: number;
  /** Lower bound on that share, and its confidence; null of a hang. */
  readonly low: number | null;
  readonly confidence: number | null;
}

export interface ObjectiveResult {
  readonly objective: string;
  readonly indicator: string;
  /** In `unit`. */
  readonly limit: number;
  readonly unit: 'ms' | '/s' | 'ratio' | 's' | 'count' | ObservedUnit;
  readonly observed: Estimate;
  readonly over: { readonly count: number; readonly of: number } | null;
  /** Of a cell with five valid trials or more: where its percentile lies from trial to trial, in `unit`. */
  readonly betweenTrials?: BetweenTrials;
  readonly verdict: VerdictKind;
  /** Inconclusive: what it would take. */
  readonly needs: { readonly requests: number; readonly seconds: number } | null;
  /** Where the objective was judged, when not on all measure phases: the gravest level's name. */
  readonly phase: string | null;
  /** Of an objective over a window, the first that breached; null: none did, or it is judged on the whole. */
  readonly window: WindowResult | null;
  /** Pass: events rarer than this cannot be seen by this run, in seconds between events; null otherwise. */
  readonly blindToRarerThanS: number | null;
  readonly reason: Reason | null;
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

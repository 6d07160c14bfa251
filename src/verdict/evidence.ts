import type { Settled } from '../campaign/open-load.ts';
import type { TrialPlan } from '../campaign/plan.ts';
import type { NodeObservation } from '../gpu/observation.ts';
import type { Phase } from '../scenarios/phase.ts';
import type { Tally } from '../stats/tally.ts';
import type { RepeatFacts } from '../targets/endpoint/same-sample.ts';
import type { NetworkFacts, NetworkReleases } from '../targets/network-facts.ts';
import type { ServerTold } from '../targets/server-told.ts';
import type { NodesByProvider } from '../targets/target.ts';
import type { Ns } from '../time/ns.ts';
import type { K6Evidence } from './k6/part.ts';
import type { ObservedSecond } from './observed/second.ts';
import type { SealedSecond } from './window/sealed-second.ts';

/**
 * Everything that is known of one attempt of a trial once its intervals are merged: the judge's only input beside the
 * plan. Built from the journal (`coordinator/evidence.ts`) or by a simulation; pure data.
 */
export interface TrialEvidence {
  readonly cell: number;
  readonly trial: number;
  readonly attempt: number;
  /** What its load came to, where the plan left that open; absent: it did not. */
  readonly settled?: SettledLoad;
  /** ISO 8601 UTC; null when the trial never started. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /**
   * [phase][slot], of the whole fleet. Every phase of the plan has an entry, every slot a tally. A phase that lasted
   * longer than its duration has further slots of the same length.
   */
  readonly slots: readonly (readonly Tally[])[];
  /** When the last request of the fleet settled, on the trial's time line; null when no agent said so. */
  readonly lastSettledNs: Ns | null;
  /**
   * Judged by other objectives than the run's own: `slots` count what cannot be told apart as over, these as under; what
   * both say alike is sure (`other-limits.ts`). Absent: every count is exact.
   */
  readonly slotsAsUnder?: TrialEvidence['slots'];
  readonly agents: readonly AgentEvidence[];
  /** One row per second since the start of warm-up, of the whole fleet. */
  readonly seconds: readonly SecondEvidence[];
  /** Mean response of ok requests of the warm-up by second of their completion, milliseconds; null: none completed in it. */
  readonly warmupMeansMs: readonly (number | null)[];
  /** The same seconds as every agent sealed them, in order; empty where no objective is over a window. */
  readonly sealed: readonly SealedSecond[];
  /** Merged over agents: the commonest first, bounded. */
  readonly failures: readonly FailureEvidence[];
  /** The ten slowest of the measure phases, slowest first. */
  readonly slowest: readonly SlowEvidence[];
  /** Null: ran to its end. */
  readonly stop: { readonly atNs: Ns; readonly cause: StopCause } | null;
  /** What only k6 tells; absent where it did not run the trial. */
  readonly k6?: K6Evidence;
  /** What the server that was measured told of itself, and to which agent; absent: none was asked. */
  readonly server?: { readonly agent: number; readonly told: ServerTold };
  /** The harness's own misfortunes. */
  readonly faults: readonly {
    readonly agent: number;
    readonly code: 'runner-died' | 'agent-lost' | 'target-setup' | 'target-changed' | 'own-fault';
    readonly message: string;
  }[];
  /**
   * How far apart two agents may have begun: the sum of the two widest bounds of their clocks' offsets, and how much later
   * one of them started its first request than another; null for one agent.
   */
  readonly startSpreadMs: number | null;
  /** What was observed of the fleet's nodes beside the load; absent: nothing was. */
  readonly observed?: readonly NodeObservation[];
  /** GPUs that each node is to have; absent: as many as it had at first. */
  readonly plannedGpus?: number;
}

/**
 * Why a trial ended before its time. `abort`: a window of an objective with `abort: true` breached. `broke`: a level of a
 * breakpoint is broken for good. `sure`: a look found every objective decided. `fault`: the harness's own.
 */
export type StopCause = 'interrupt' | 'abort' | 'broke' | 'sure' | 'fault' | 'deadline';
/** A load that was found out by the run, and the phases and the schedule of the trial that follow from it. */
export interface SettledLoad {
  readonly came: Settled;
  readonly phases: readonly Phase[];
  readonly schedule: TrialPlan;
}

/** A trial of which no attempt was begun and run to any end. */
export interface NotRun {
  /** Counts from 1 within its cell. */
  readonly trial: number;
  /** A clause for people. */
  readonly why: string;
  readonly cause: NotRunCause;
}

/** `interrupt`: the user stopped the run. `deadline`: no time was left. `no-place`: an agent was missing. `aborted`: a trial of its cell was. `failed`: the run could not go on. `no-peak`: its rate is a share of a peak that was not found. */
export type NotRunCause = 'interrupt' | 'deadline' | 'no-place' | 'aborted' | 'failed' | 'no-peak';

export interface AgentEvidence {
  readonly agent: number;
  /** [phase]: all of this agent's slots together. */
  readonly phases: readonly Tally[];
  /** Arrivals that its share of the schedule holds per phase up to the stop instant; null where they depend on completions. */
  readonly planned: readonly (number | null)[];
  /** Counted where they happen, per phase. */
  readonly offered: readonly number[];
  readonly started: readonly number[];
  readonly cancelled: readonly number[];
  readonly notStartedThoughFree: number;
  /** Intervals that were to be there and are not. */
  readonly missingIntervals: number;
  /** Seconds that it merged with others, since they were acknowledged too slowly. */
  readonly coarseSeconds: number;
  /** How late its first request was started; null: there was none, or its driver does not tell. */
  readonly beganLateNs: Ns | null;
  /** Integral of in-flight over time against sum of response times, request-seconds. */
  readonly inFlightS: number;
  readonly settledS: number;
  readonly pacingCpuS: number;
  readonly pacingWallS: number;
  /** Largest minus smallest wall - monotonic over the trial, over the trial's length: a share of 1. */
  readonly wallDrift: number;
  readonly clock: { readonly offsetMs: number; readonly boundMs: number; readonly driftPpm: number } | null;
  /** Requests per second that its calibration says this driver reaches; null when there is none. */
  readonly ceilingPerSecond: number | null;
  readonly calibrationOk: boolean;
  /** What a request takes of the driver itself, median, milliseconds; absent: it is not told, or no matter. */
  readonly floorMs?: number;
  /** Facts from the opened target; null when it never opened. JSON of TargetFacts. */
  readonly provider: string | null;
  /** What each provider ran of one profiled request; null when nothing was profiled. */
  readonly nodes: NodesByProvider | null;
  /** What asking an endpoint for the same samples twice told; null: this agent did not. */
  readonly repeats: RepeatFacts | null;
  readonly sessionMs: number | null;
  readonly firstInferenceMs: number | null;
  /** The network that it put between its clients and the endpoint; absent: none. */
  readonly network?: NetworkFacts;
  /** What that network let out while the trial ran. */
  readonly releases?: NetworkReleases;
}

export interface SecondEvidence {
  /** Start of the second on the trial's time line. */
  readonly atNs: Ns;
  readonly offered: number;
  readonly started: number;
  readonly achieved: number;
  readonly failed: number;
  readonly inFlight: number;
  /**
   * Plain quantiles in milliseconds of the requests of measure phases that were intended in this second (whose slot
   * begins in it), those not ok at infinity; null when there are none, or when the rank lies at infinity.
   */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly lagP99: number | null;
  /** The same of the events of answers that stream; absent: none came of these requests. */
  readonly stream?: { readonly firstEventP95: number | null; readonly betweenEventsP95: number | null };
  /** Largest over the nodes. */
  readonly steal: number | null;
  readonly throttledUs: number | null;
  readonly cpu: number | null;
  readonly rssBytes: number | null;
  /** Of the runners' main threads. */
  readonly loopDelayP99Ms: number | null;
  /** An agent merged this second with others: its counts are spread over them evenly. Absent: no agent did. */
  readonly coarse?: true;
  /** What was observed beside the load; absent: nothing was in this trial. */
  readonly observed?: ObservedSecond;
}

export interface FailureEvidence {
  readonly class: 'timeout' | 'rejected' | 'target-error' | 'wrong-output';
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly firstNs: Ns;
  readonly agent: number;
}

export interface SlowEvidence {
  readonly seq: number;
  readonly sample: number;
  readonly intendedNs: Ns;
  readonly waitNs: Ns;
  readonly lagNs: Ns;
  readonly serviceNs: Ns;
  readonly agent: number;
}

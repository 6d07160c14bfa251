import type { Phase } from '../scenarios/phase.ts';
import type { Ns } from '../time/ns.ts';
import type { EngineName, FleetSpec } from './fleet-spec.ts';
import type { ServerInstance } from './instance.ts';
import type { Objective } from './objective.ts';
import type { OpenLoad } from './open-load.ts';
import type { TargetSpec } from './target-spec.ts';
import type { Telemetry } from './telemetry.ts';

export type Pacing = 'precise' | 'lowCpu';

/** Highest `fleet.backlog`: an agent's queue is looked at whole, and has room for four million tickets at most. */
export const MOST_BACKLOG = 2_097_150;

/** A campaign with nothing left to decide; written as `plan.json`. JSON round-trips it unchanged. */
export interface Plan {
  readonly kind: 'loadcell/plan';
  readonly schemaVersion: 1;
  /** Version of the program that planned. */
  readonly loadcell: string;
  readonly campaign: {
    readonly name: string;
    readonly description: string | null;
    readonly environment: string | null;
    readonly labels: Readonly<Record<string, string>>;
    /** `sha256:…` of the campaign file's bytes. */
    readonly digest: string;
  };
  /** `--set` and `--with`, as given. */
  readonly overrides: readonly string[];
  /** Unsigned 64-bit integer, decimal. */
  readonly seed: string;
  readonly cells: readonly Cell[];
  /** Trials in the order in which they run. `cell` indexes `cells`, `trial` counts from 1. */
  readonly order: readonly { readonly cell: number; readonly trial: number }[];
  readonly retryInvalid: number;
  readonly onLoss: { readonly waitNs: Ns };
  /** What places the agents; absent: the local engine. */
  readonly fleet?: FleetSpec;
  /** What is observed beside the load; absent: what a plan without it means (`DEFAULT_TELEMETRY`). */
  readonly telemetry?: Telemetry;
  /** Every file that will be read, by content. */
  readonly files: readonly FileOfPlan[];
  /** Sentences for people: default objectives dropped, and why. */
  readonly notes: readonly string[];
}

export interface FileOfPlan {
  /** Absolute, on the machine that planned. */
  readonly path: string;
  /** Lowercase hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Absolute, on every node: it lies there already, and is not sent. Absent: a node that lacks it is sent it. */
  readonly there?: string;
}

/** target x scenario x varied values. */
export interface Cell {
  /** `target/scenario`, with `[batch=1,workers=2]` when values vary. */
  readonly id: string;
  readonly target: string;
  readonly spec: TargetSpec;
  readonly scenario: string;
  /** What varies, plus `batch` and `workers` of this cell. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
  readonly engine: EngineName;
  /** Key of the fleet's instances: what its agents run on; absent: anything. */
  readonly instance?: string;
  /** What its endpoint is said to run on: a label; absent: nothing is said. */
  readonly measuredOn?: ServerInstance;
  readonly agents: number;
  /** Per agent. */
  readonly workers: number;
  readonly pacing: Pacing;
  /** Waiting requests per agent above which the oldest is shed; null: never shed. */
  readonly backlog: number | null;
  readonly timeoutNs: Ns;
  readonly drainNs: Ns;
  /** Of a load that is open (`open`): the most that it may come to. */
  readonly phases: readonly Phase[];
  /** Absent: `phases` are what every trial offers. */
  readonly open?: OpenLoad;
  readonly objectives: readonly Objective[];
  /** False: measured and reported, outside the run's verdict. */
  readonly judge: boolean;
  /**
   * Over all measure phases together; or per phase, the gravest deciding (stress); or by breaking level (breakpoint); or
   * by the rate that a search over its trials finds (peak).
   */
  readonly judgedBy: 'together' | 'level' | 'breakpoint' | 'peak';
  /** A look half-way may end a trial; absent: trials run whole, and are judged once. */
  readonly stop?: 'early';
  readonly trials: readonly TrialPlan[];
}

export interface TrialPlan {
  /** Counts from 1. */
  readonly index: number;
  /**
   * `sha256:…` over the lines of `loadcell plan --arrivals`, measure phases only; null where arrivals depend on
   * completions, or the load is open until the run has found it out.
   */
  readonly scheduleDigest: string | null;
  /** Arrivals of the measure phases; null likewise. */
  readonly scheduled: number | null;
  /** Of a cell with `stop: early`, arrivals of its measure phase that are intended before the look. */
  readonly beforeLook?: number;
}

import type { ArrivalLaw } from '../scenarios/phase.ts';
import type { Ns } from '../time/ns.ts';
import type { CoordinatorSite, EngineName, KubernetesSite, SlurmSite } from './fleet-spec.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { Instance } from './instance.ts';
import type { Objective } from './objective.ts';
import type { Pacing } from './plan.ts';
import type { Preset } from './scenario-schema.ts';
import type { Place } from './source-tree.ts';
import type { TargetOptions } from './target-schema.ts';
import type { Telemetry } from './telemetry.ts';

/** A campaign file, read and checked: units resolved, defaults in place, every name known. */
export interface Campaign {
  readonly name: string;
  readonly description: string | null;
  readonly environment: string | null;
  readonly guard: { readonly rate: number } | null;
  readonly labels: Readonly<Record<string, string>>;
  /** In the file's order. */
  readonly targets: readonly CampaignTarget[];
  /** In the file's order. */
  readonly scenarios: readonly CampaignScenario[];
  /** Null: none written, the defaults apply. */
  readonly objectives: ObjectiveList | null;
  readonly cells: { readonly kind: 'all' } | { readonly kind: 'only' | 'except'; readonly ids: readonly string[] };
  /** Every combination of varied values, in the order in which they run; empty: nothing varies. */
  readonly vary: readonly Combination[];
  readonly order: 'interleaved' | 'sequential' | 'random';
  readonly fleet: Fleet;
  /** What agents may run on, by name. */
  readonly instances: Readonly<Record<string, Instance>>;
  readonly trials: number;
  readonly retryInvalid: number;
  /** `early`: a trial may end as soon as its verdict is sure. */
  readonly stop: TrialStop;
  readonly warmupNs: Ns;
  readonly drainNs: Ns;
  readonly timeoutNs: Ns;
  /** Unsigned 64-bit integer, decimal; null: to be drawn. */
  readonly seed: string | null;
  /** Null: none written. */
  readonly gate: GatePolicy | null;
  /** Null: none written, the defaults apply. */
  readonly telemetry: Telemetry | null;
  /** `--with` and `--set`, as given. */
  readonly overrides: readonly string[];
  /** Where everything stands, by path. */
  readonly places: ReadonlyMap<string, Place>;
}

export interface CampaignTarget {
  readonly name: string;
  readonly target: TargetOptions;
  readonly objectives: ObjectiveList | null;
  /** As written, for values that vary. */
  readonly source: Readonly<Record<string, unknown>>;
}

export interface CampaignScenario {
  readonly name: string;
  readonly preset: Preset;
  readonly law: ArrivalLaw;
  /** Null: the campaign's. */
  readonly warmupNs: Ns | null;
  readonly objectives: ObjectiveList | null;
  readonly judge: boolean;
  /** Null: the campaign's. */
  readonly stop: TrialStop | null;
}

/** When a trial ends: with its last phase, or as soon as its verdict is sure. */
export type TrialStop = 'end' | 'early';

/** Objectives as written, under the one or the other word for them. */
export interface ObjectiveList {
  readonly key: 'objectives' | 'slaTargets';
  readonly objectives: readonly Objective[];
}

export interface Fleet {
  readonly engine: EngineName;
  /** That offer load. */
  readonly agents: number;
  /** What each of these runs on. */
  readonly instance: InstanceChoice;
  /** Places that serve targets which are served; null: each agent serves its own. */
  readonly servers: { readonly agents: number; readonly instance: InstanceChoice } | null;
  /** Longest wait, at the start, for the engine to give the places. */
  readonly queueNs: Ns;
  /** Longest stay of an agent on its place; null: as long as the engine lets it. */
  readonly walltimeNs: Ns | null;
  readonly coordinator: CoordinatorChoice | null;
  readonly slurm: SlurmSite | null;
  /** Where files of the campaign lie on every node, absolute; by the names that the campaign gives them. */
  readonly alreadyThere: Readonly<Record<string, string>>;
  readonly kubernetes: KubernetesSite | null;
  /** Per agent. */
  readonly workers: number;
  readonly pacing: Pacing;
  readonly backlog: number | null;
  readonly onLossWaitNs: Ns;
}

/** Where the coordinator runs and how agents find it, as written. */
export interface CoordinatorChoice extends Pick<CoordinatorSite, 'listen' | 'advertise'> {
  /** Null: it runs where the command does. */
  readonly inside: { readonly instance: InstanceChoice; readonly walltimeNs: Ns | null } | null;
}

export type InstanceChoice =
  | { readonly kind: 'any' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'written'; readonly instance: Instance };

export type VariedValue = string | number | boolean;

/** Keys and the values they have together, in the file's order. */
export type Combination = readonly (readonly [key: string, value: VariedValue])[];

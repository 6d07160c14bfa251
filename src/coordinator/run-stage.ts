import type { TargetFacts } from '../targets/target.ts';
import type { Ns } from '../time/ns.ts';
import type { ErrorCode } from '../verdict/exit-code.ts';
import type { CalibrationSpec } from '../wire/calibration.ts';
import type { RunState, StopCause } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import type { OnClock } from './start-spread.ts';

/** Where a run stands. */
export type Stage =
  | { readonly kind: 'unborn' }
  | { readonly kind: 'registering'; readonly untilNs: Ns }
  | { readonly kind: 'calibrating'; readonly tasks: readonly CalibrationTask[] }
  /** A place is empty that the next trial needs. */
  | { readonly kind: 'refilling'; readonly untilNs: Ns; readonly withinNs: Ns }
  | PreparingStage
  | ArmingStage
  | RunningStage
  /** The trial has ended and is being judged: invalid, it is run once more; aborted, it may be the last of its cell. */
  | { readonly kind: 'reviewing'; readonly trial: TrialOrder; readonly stop: StopCause | null }
  | { readonly kind: 'leaving'; readonly state: RunState; readonly waiting: ReadonlySet<number>; readonly untilNs: Ns }
  | { readonly kind: 'ended'; readonly end: RunEnd };

export interface CalibrationTask {
  readonly index: number;
  readonly command: number;
  readonly node: string;
  readonly spec: CalibrationSpec;
  readonly untilNs: Ns;
}

/** PREPARE is out; READY is awaited of `waiting`: of those that serve first, then of those that offer load. */
export interface PreparingStage {
  readonly kind: 'preparing';
  readonly trial: TrialOrder;
  /** Of PREPARE: every later word about this trial carries this command or a later one. */
  readonly command: number;
  readonly waiting: ReadonlySet<number>;
  /** Of those that are ready. Journaled when all are: a trial that is called off before has left no trace. */
  readonly facts: ReadonlyMap<number, TargetFacts>;
  readonly sinceNs: Ns;
  readonly untilNs: Ns;
}

/** START is out; ARMED is awaited of `waiting`. */
export interface ArmingStage {
  readonly kind: 'arming';
  readonly trial: TrialOrder;
  readonly command: number;
  readonly startCommand: number;
  readonly zeroNs: Ns;
  readonly leadNs: Ns;
  readonly waiting: ReadonlySet<number>;
  /** Where instant 0 is on the clocks of those that are armed, where they have told. */
  readonly armed: ReadonlyMap<number, OnClock>;
  readonly untilNs: Ns;
}

/** From the last ARMED until every member has closed its share of the trial. */
export interface RunningStage {
  readonly kind: 'running';
  readonly trial: TrialOrder;
  readonly command: number;
  /** Null: never armed. */
  readonly zeroNs: Ns | null;
  /** `withdrawn`: called off before everybody was armed, so that not everybody has intervals to close with. */
  readonly manner: 'whole' | 'withdrawn';
  /** The lead with which the trial is begun anew once everybody has let go of it; null: it is not. */
  readonly anewLeadNs: Ns | null;
  /** Those whose share is still open; at last those that served, until they have let go. */
  readonly members: readonly Member[];
  /** Those that serve until every share is closed. */
  readonly serving: readonly number[];
  readonly stop: { readonly atNs: Ns; readonly cause: StopCause; readonly command: number } | null;
  /** Null: nothing but the silence of a runner ends the wait. */
  readonly untilNs: Ns | null;
}

export interface Member {
  readonly index: number;
  /** It said TRIAL_DONE. */
  readonly done: boolean;
  /** When its last interval was in the journal, on disk. */
  readonly closedNs: Ns | null;
  /** When its latest interval was. */
  readonly heardNs: Ns;
}

export type RunEnd =
  | { readonly kind: 'complete'; readonly state: RunState }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

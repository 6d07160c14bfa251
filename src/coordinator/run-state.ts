import type { LevelFinding } from '../stats/peak/level.ts';
import type { ServerTold } from '../targets/server-told.ts';
import type { TargetFacts } from '../targets/target.ts';
import { type Ns, seconds } from '../time/ns.ts';
import type { Arrival } from '../wire/arrival.ts';
import type { Calibration, CalibrationSpec } from '../wire/calibration.ts';
import type { AbortedCells } from './aborted-cells.ts';
import type { FaultCode, RunEvent } from './events.ts';
import type { FleetPlan, TrialOrder } from './fleet-plan.ts';
import type { CalledStop } from './live-stops.ts';
import type { ClockReading, Place, RefusalCode } from './place.ts';
import type { ProgressEvent } from './progress-events.ts';
import type { RunEnd, Stage } from './run-stage.ts';
import type { Searches } from './search-course.ts';
import type { OnClock } from './start-spread.ts';
import type { TrialRef } from './trial-ref.ts';

/** The life of a run: what `step` (run-step.ts) turns events into. Instants are nanoseconds since the run's start. */
export interface Run {
  readonly fleet: FleetPlan;
  /** Wall clock at the run's start, milliseconds since the epoch: for labels. */
  readonly startedWallMs: number;
  readonly places: readonly Place[];
  /** Key of the fleet's instances: what these places are; null: anything. */
  readonly instance: string | null;
  readonly stage: Stage;
  /** Index into the fleet's trials of the trial that is running or comes next. */
  readonly next: number;
  /** That trial is begun anew; null: it is on the first attempt that this run gives it. */
  readonly anew: Anew | null;
  /** The last of each that was given out; never given twice. */
  readonly lastCommand: number;
  readonly lastEpoch: number;
  readonly lastAttempt: number;
  /** By place: how often an agent came to it from a node that is not what was asked for. */
  readonly wrongNodes: ReadonlyMap<number, number>;
  /** Nodes whose fingerprint is in the journal. */
  readonly nodes: ReadonlySet<string>;
  /** (node, calibration key) that were asked for and answered, well or badly. */
  readonly calibrated: ReadonlySet<string>;
  /** The signal by which the user asked to stop; null while nobody did. */
  readonly interrupt: string | null;
  /** Trials that were given up. */
  readonly notRun: number;
  readonly aborted: AbortedCells;
  readonly searches: Searches;
  /** Open loads of which the journal says what they came to. */
  readonly settled: ReadonlySet<string>;
  /** Why no further trial is run although nobody stopped it; null: nothing keeps them. */
  readonly halted: string | null;
  /** From PREPARE to the last READY: the longest so far, and a guess before the first. */
  readonly longestPrepareNs: Ns;
}

/** Why and how a trial is begun anew. */
export interface Anew {
  readonly attempt: number;
  /** The lead of its start; null: the ordinary one. */
  readonly leadNs: Ns | null;
  /** Attempts in a row that did not begin: START came too late, or an agent was told to end. */
  readonly falseStarts: number;
  /** Attempts that it was given because one was invalid. */
  readonly retries: number;
}

/** What an agent said: by place, epoch of its lease, and the stream it came on. */
interface FromAgent {
  readonly index: number;
  readonly epoch: number;
  readonly link: number;
}

export type AgentEvent = FromAgent &
  (
    | { readonly kind: 'heartbeat' }
    | { readonly kind: 'clock'; readonly reading: ClockReading }
    /** `ageS`: since it was taken; 0 when it was taken in this run. */
    | { readonly kind: 'calibrated'; readonly command: number; readonly result: Calibration; readonly ageS: number }
    | { readonly kind: 'ready'; readonly command: number; readonly facts: TargetFacts }
    /** `at`: where the trial's instant 0 is on the agent's own clock; null: not in time, or not told. */
    | {
        readonly kind: 'armed';
        readonly command: number;
        readonly inTime: boolean;
        readonly marginNs: Ns;
        readonly at: OnClock | null;
      }
    /** `server`: what the server that was measured told of itself; absent: this agent did not ask it. */
    | { readonly kind: 'trial-done'; readonly command: number; readonly server?: ServerTold }
    | { readonly kind: 'fault'; readonly command: number; readonly code: FaultCode; readonly message: string }
    /** It was told to end by a signal, delivers what it has, and takes part in nothing new. */
    | { readonly kind: 'ending'; readonly signal: string }
    | { readonly kind: 'bye'; readonly reading: ClockReading | null }
  );

export type FleetEvent = { readonly atNs: Ns } & (
  | { readonly kind: 'begin' }
  | {
      readonly kind: 'register';
      readonly link: number;
      readonly index: number;
      readonly attempt: number;
      readonly nonce: string;
      readonly pid: number;
      readonly node: { readonly id: string; readonly fingerprint: Readonly<Record<string, unknown>> };
      /** What it found of its GPUs; absent: it needs none. */
      readonly arrival?: Arrival;
    }
  | AgentEvent
  /** A control stream is gone, whatever ended it. */
  | { readonly kind: 'detached'; readonly link: number }
  /** An interval is in the journal, on disk. `last`: it closes the trial of that agent. */
  | {
      readonly kind: 'interval-stored';
      readonly index: number;
      readonly epoch: number;
      readonly ref: TrialRef;
      readonly last: boolean;
    }
  /** A part of a file that a trial needs has gone out to the agent of a place. */
  | { readonly kind: 'file-sent'; readonly index: number }
  /** The engine saw the agent of a place end. */
  | { readonly kind: 'exited'; readonly index: number; readonly attempt: number; readonly message: string }
  /** The engine looks for the places of an attempt and has none yet. `why`: a clause for people, in its own words. */
  | { readonly kind: 'queued'; readonly attempt: number; readonly why: string }
  /** The engine has given an attempt its places: its agents start. */
  | { readonly kind: 'placed'; readonly attempt: number }
  /** The engine could not place an attempt. */
  | { readonly kind: 'no-place'; readonly attempt: number; readonly message: string }
  /** What the judge says of the trial under review; `unknown`: its evidence could not be read, and why. */
  | { readonly kind: 'reviewed'; readonly ref: TrialRef; readonly review: Review }
  /** What the seconds of a trial show calls for its end. */
  | ({ readonly kind: 'stop-called' } & CalledStop)
  /** A GPU is lost, and the campaign says that the run stops then. `why`: a clause for people. */
  | { readonly kind: 'gpu-lost'; readonly ref: TrialRef; readonly why: string }
  | { readonly kind: 'interrupt'; readonly signal: string }
  /** The journal cannot be written any more. */
  | { readonly kind: 'journal-lost'; readonly message: string }
  | { readonly kind: 'tick' }
);

/** What the judge says of one attempt of a trial, as far as the run's life needs it. `why`: a clause for people. */
export type Review =
  | { readonly kind: 'valid' }
  /** Valid or not, and not to be repeated for that: what a level tells its search. */
  | { readonly kind: 'level'; readonly finding: LevelFinding }
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** An event before it is given its instant. */
export type Happening = FleetEvent extends infer E ? (E extends unknown ? Omit<E, 'atNs'> : never) : never;

export type FleetCommand =
  | {
      readonly kind: 'submit';
      readonly attempt: number;
      readonly indices: readonly number[];
      readonly instance: string | null;
    }
  /** Nobody of an attempt is of use any more: whatever is left of it ends, and gives its places back. */
  | { readonly kind: 'release'; readonly attempt: number }
  | { readonly kind: 'grant'; readonly link: number; readonly index: number; readonly epoch: number }
  | { readonly kind: 'refuse'; readonly link: number; readonly code: RefusalCode; readonly message: string }
  /** An epoch is over: nothing of it is taken any more. */
  | { readonly kind: 'fence'; readonly epoch: number }
  | AgentCommand
  | { readonly kind: 'journal'; readonly event: RunEvent }
  /** Judge an attempt whose evidence is in the journal by now; answered by `reviewed`. */
  | { readonly kind: 'review'; readonly ref: TrialRef }
  | { readonly kind: 'show'; readonly event: ProgressEvent }
  /** Last: nothing is expected of anybody any more. */
  | { readonly kind: 'finish'; readonly end: RunEnd };

/** What the holder of a place is told. Undeliverable while it is detached; repeated when it comes back. */
export type AgentCommand = { readonly index: number; readonly link: number | null; readonly epoch: number } & (
  | { readonly kind: 'renew' }
  | { readonly kind: 'calibrate'; readonly command: number; readonly spec: CalibrationSpec }
  /** `served`: where the target is that others serve; absent: nobody does. */
  | { readonly kind: 'prepare'; readonly command: number; readonly trial: TrialRef; readonly served?: string }
  | { readonly kind: 'start'; readonly command: number; readonly zeroNs: Ns; readonly warmupNs: Ns }
  | { readonly kind: 'stop'; readonly command: number; readonly atNs: Ns; readonly reason: string }
  | { readonly kind: 'drain'; readonly reason: string }
);

/** A run before its `begin`. */
export const newRun = (fleet: FleetPlan, startedWallMs: number, searching = NOT_SEARCHING): Run => ({
  fleet,
  startedWallMs,
  places: [],
  instance: fleet.trials[0]?.instance ?? null,
  stage: { kind: 'unborn' },
  next: 0,
  anew: null,
  lastCommand: 0,
  lastEpoch: 0,
  lastAttempt: 0,
  wrongNodes: new Map(),
  nodes: new Set(),
  calibrated: new Set(),
  interrupt: null,
  notRun: 0,
  aborted: new Map(),
  ...searching,
  halted: null,
  longestPrepareNs: PREPARE_GUESS,
});

/** What a run knows of searches before its `begin`. */
export type Searching = Pick<Run, 'searches' | 'settled'>;

const NOT_SEARCHING: Searching = { searches: new Map(), settled: new Set() };

/** Before any target was opened. */
const PREPARE_GUESS = seconds(1);

/** The trial that comes next, or that agents are busy with, in its present attempt; null after the last one. */
export function nextTrial({ fleet, next, anew }: Run): TrialOrder | null {
  const order = fleet.trials[next];
  if (order === undefined) return null;
  if (anew === null) return order;
  const { attempt, retries } = anew;
  return { ...order, attempt, retries, position: { ...order.position, attempt } };
}

/** The trial that agents are busy with; null between trials. */
export function trialOf({ stage }: Run): TrialOrder | null {
  return stage.kind === 'preparing' || stage.kind === 'arming' || stage.kind === 'running' ? stage.trial : null;
}

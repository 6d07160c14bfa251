import type { Plan } from '../campaign/plan.ts';
import type { Engine } from '../engines/engine.ts';
import type { WallClock } from '../time/clock.ts';
import type { Entrance } from './entrance.ts';
import type { RunEvent } from './events.ts';
import type { FleetMetrics } from './fleet-metrics.ts';
import type { Continuation, Deadlines } from './fleet-plan.ts';
import type { ProgressEvent } from './progress-events.ts';
import type { Review } from './run-state.ts';
import type { FoundOut } from './searches.ts';
import type { DueAt } from './supervision.ts';
import type { TrialRef } from './trial-ref.ts';

/** The part of the journal's writer that a run needs. */
export interface Journal {
  /** Resolves when the record is on disk. */
  append(payload: Uint8Array): Promise<void>;
}

export interface CoordinatorOptions {
  readonly runId: string;
  readonly plan: Plan;
  /** What the journal begins with: the run, or its resumption. */
  readonly opening: Extract<RunEvent, { kind: 'run-started' | 'run-resumed' }>;
  /** Of a run that is taken up again: the trials that it still owes. Null: all of the plan. */
  readonly left: readonly Continuation[] | null;
  /** Of such a run: what it had found out. Absent: nothing. */
  readonly foundOut?: FoundOut;
  /** Folder in which the files of the plan lie by their SHA-256; absent: they lie at their paths. */
  readonly filesFolder?: string | undefined;
  /** When the whole command must be over. */
  readonly deadline: DueAt | null;
  readonly entrance: Entrance;
  readonly calibrationMaxAgeS: number;
  readonly deadlines: Deadlines;
  readonly engine: Engine;
  readonly journal: Journal;
  /** Where what agents observe goes; absent: it is not kept. */
  readonly telemetry?: Journal;
  readonly wall: WallClock;
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  drawHex(bytes: number): string;
  show(event: ProgressEvent): void;
  /** Judges an attempt whose evidence is on disk. Never rejects. */
  review(ref: TrialRef): Promise<Review>;
  /** Shows the run to Prometheus while it lasts; absent: nobody looks. */
  readonly metrics?: FleetMetrics;
  /** Told of every event that goes into the journal. */
  onJournaled?(event: RunEvent): void;
}

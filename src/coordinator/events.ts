import type { PerSecond } from '../scenarios/phase.ts';
import type { Stage } from '../stats/peak/level.ts';
import type { ServerTold } from '../targets/server-told.ts';
import type { TargetFacts } from '../targets/target.ts';
import type { Ns } from '../time/ns.ts';
import type { NotRunCause, TrialEvidence } from '../verdict/evidence.ts';
import type { Benchmarks } from '../verdict/result.ts';
import type { Arrival } from '../wire/arrival.ts';
import type { Calibration } from '../wire/calibration.ts';
import { JournalRecordSchema, type StoredInterval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create, fromBinary, toBinary } from '../wire/protobuf.ts';
import { type StoredFields, storedIntervalRecord } from '../wire/stored-interval.ts';
import type { TrialRef } from './trial-ref.ts';

export type FaultCode = TrialEvidence['faults'][number]['code'];
export type StopCause = NonNullable<TrialEvidence['stop']>['cause'];
export type RunState = Benchmarks['run']['state'];

/**
 * What happened in a run: together with the plan and the intervals, all that results are computed from. `agent` is an
 * index of the fleet, from 0; ids of nodes are those of `nodes/<node>.json`.
 */
export type RunEvent =
  /** First in every journal. `planDigest`: `sha256:…` of plan.json's bytes. */
  | {
      readonly kind: 'run-started';
      readonly runId: string;
      readonly source: Benchmarks['run']['source'];
      readonly planDigest?: string;
    }
  /** First in every file of the journal with which a run that had ended early goes on. Instants count anew from here. */
  | { readonly kind: 'run-resumed'; readonly source: Benchmarks['run']['source'] }
  /** A node's environment fingerprint; the last one of a node counts. */
  | { readonly kind: 'node'; readonly id: string; readonly fingerprint: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'agent-registered';
      readonly agent: number;
      /** As it stands in results: stable between runs of one plan. */
      readonly name: string;
      readonly node: string;
      readonly pid: number;
      readonly attempt: number;
      /** GPUs that it was given, in the order in which its workers are dealt to them; absent: it needs none. */
      readonly gpus?: Arrival['gpus'];
    }
  /** Somebody asked for a place and was sent away. `peer`: the address it came from. */
  | { readonly kind: 'agent-refused'; readonly code: string; readonly message: string; readonly peer: string }
  /** Valid for every agent of the node with the same pacing and workers. `ageS`: since it was taken; 0 when fresh. */
  | { readonly kind: 'calibration'; readonly node: string; readonly ageS: number; readonly result: Calibration }
  /** Coordinator clock = agent clock + offset, true within +- bound. */
  | {
      readonly kind: 'clock';
      readonly agent: number;
      readonly offsetMs: number;
      readonly boundMs: number;
      readonly driftPpm: number;
    }
  | ({ readonly kind: 'agent-ready'; readonly agent: number; readonly facts: TargetFacts } & TrialRef)
  /** What the server that was measured told of itself to the agent that asked it. */
  | ({ readonly kind: 'server-told'; readonly agent: number; readonly told: ServerTold } & TrialRef)
  /** Every agent is armed. `zeroWall`: wall-clock instant 0 of the trial, ISO 8601 UTC. */
  | ({ readonly kind: 'trial-started'; readonly zeroWall: string; readonly spreadMs: number | null } & TrialRef)
  /** Every interval that will come is stored. `stop` null: it ran to its end. `anew`: it was called off, to be begun anew. */
  | ({
      readonly kind: 'trial-ended';
      readonly anew?: true;
      readonly stop: { readonly atNs: Ns; readonly cause: StopCause } | null;
    } & TrialRef)
  /** The harness's own misfortune; `during` null: between trials. */
  | {
      readonly kind: 'fault';
      readonly agent: number;
      readonly code: FaultCode;
      readonly message: string;
      readonly during: TrialRef | null;
    }
  | {
      readonly kind: 'not-run';
      readonly cell: number;
      readonly trial: number;
      readonly why: string;
      readonly cause?: NotRunCause;
    }
  /** The rate of a level of a search, before its trial is prepared for the first time. */
  | {
      readonly kind: 'level-chosen';
      readonly cell: number;
      readonly trial: number;
      readonly stage: Stage;
      readonly rate: PerSecond;
    }
  /** The peak that the rates of a cell are shares of, before its first trial is prepared. */
  | { readonly kind: 'peak-taken'; readonly cell: number; readonly rate: PerSecond }
  /** The user asked to stop. */
  | { readonly kind: 'interrupted'; readonly signal: string }
  /** Last in every whole journal. */
  | { readonly kind: 'run-ended'; readonly state: RunState };

/** An event with its instants: nanoseconds since the run's start, or its resumption, on the coordinator's clock, and wall time, ISO 8601 UTC. */
export interface TimedEvent {
  readonly atNs: Ns;
  readonly wall: string;
  readonly event: RunEvent;
}

export type JournalEntry =
  | { readonly kind: 'interval'; readonly stored: StoredInterval }
  | { readonly kind: 'event'; readonly timed: TimedEvent };

/** A journal record's payload, to be framed. */
export function encodeEvent({ atNs, wall, event }: TimedEvent): Uint8Array {
  const { kind, ...rest } = event;
  const value = { kind, atNs: BigInt(Math.round(atNs)), wall, json: JSON.stringify(rest) };
  return toBinary(JournalRecordSchema, create(JournalRecordSchema, { record: { case: 'event', value } }));
}

/** A journal record's payload, to be framed. `interval`: the encoded bytes as the agent sent them. */
export const encodeStoredInterval = (stored: StoredFields): Uint8Array => storedIntervalRecord(stored);

/** Throws on bytes that are no record, or an event that this version does not know. */
export function decodeJournalRecord(payload: Uint8Array): JournalEntry {
  const { record } = fromBinary(JournalRecordSchema, payload);
  if (record.case === 'interval') return { kind: 'interval', stored: record.value };
  if (record.case !== 'event') throw new Error('journal record: found neither an interval nor an event');
  const { kind, atNs, wall, json } = record.value;
  if (!(kind in KNOWN)) throw new Error(`journal record: found an event '${kind}', which this version does not know`);
  const event = { kind, ...(JSON.parse(json) as object) } as RunEvent;
  return { kind: 'event', timed: { atNs: Number(atNs) as Ns, wall, event } };
}

const KNOWN: Readonly<Record<RunEvent['kind'], true>> = {
  'run-started': true,
  'run-resumed': true,
  node: true,
  'agent-registered': true,
  'agent-refused': true,
  calibration: true,
  clock: true,
  'agent-ready': true,
  'server-told': true,
  'trial-started': true,
  'trial-ended': true,
  fault: true,
  'not-run': true,
  'level-chosen': true,
  'peak-taken': true,
  interrupted: true,
  'run-ended': true,
};

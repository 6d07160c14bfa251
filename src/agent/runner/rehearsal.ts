/**
 * Makes the measuring path warm before anything is measured: a worker runs the very loop that it will serve with, on
 * queues and targets of its own, so that no measure phase meets cold code even without a warm-up phase.
 */

import type { Pacing } from '../../campaign/plan.ts';
import type { Phase } from '../../scenarios/phase.ts';
import { Outcome } from '../../stats/outcome.ts';
import type { Target } from '../../targets/target.ts';
import type { Clock } from '../../time/clock.ts';
import { NS_PER_MS, ns } from '../../time/ns.ts';
import { Board, boardMemory, CpuSamples, Place } from './board.ts';
import { FailureLog } from './failure-log.ts';
import { ServeLoop } from './loop.ts';
import { Pacer } from './pacing.ts';
import { PhaseTable } from './phase-table.ts';
import { emptyRecord, RecordReader, RecordWriter, recordMemory } from './record-ring.ts';
import { TicketRing, ticketMemory } from './ticket-ring.ts';

/** Room for the tickets and the records of a round. */
const ROOM = 4096;
/** Requests of a round that are due at once: what makes code hot. */
const DUE = 1000;
/** Requests that are waited for in the rounds that have more of them than one. */
const PACED = 10;
const PACED_EVERY_NS = 0.5 * NS_PER_MS;
const CLOSED_NS = 0.2 * NS_PER_MS;

/** One round of the rehearsal: what is served, and by what. */
interface Round {
  readonly target: Target;
  /** Requests due at once. */
  readonly due: number;
  /** Requests that are waited for. */
  readonly paced: number;
  readonly backlog: number | null;
  readonly timeoutNs: number;
}

const NEVER_NS = Number.MAX_SAFE_INTEGER;

/** Targets of different shapes, so that calls of the real one meet code that expects any. */
const TARGETS: readonly Pick<Target, 'infer' | 'prepare' | 'check'>[] = [
  { infer: () => Outcome.ok },
  { infer: () => Promise.resolve(Outcome.ok) },
  {
    infer: () => {
      throw new Error('rehearsed');
    },
  },
  { infer: () => Promise.reject(new Error('rehearsed')) },
  { infer: () => Outcome.wrongOutput },
  { prepare: () => {}, infer: () => Outcome.ok, check: () => Outcome.ok },
];

const target = (index: number): Target => ({
  ...Object.fromEntries(Array.from({ length: index }, (_, key) => [`shape${key}`, index])),
  name: 'rehearsal',
  open: async () => ({ start: { sessionMs: 0, firstInferenceMs: 0 } }),
  ...(TARGETS[index] as (typeof TARGETS)[number]),
  close: async () => {},
});

const rounds = (): Round[] => [
  { target: target(0), due: DUE, paced: PACED, backlog: null, timeoutNs: NEVER_NS },
  { target: target(1), due: DUE / 4, paced: PACED, backlog: null, timeoutNs: NEVER_NS },
  { target: target(2), due: 100, paced: 1, backlog: null, timeoutNs: NEVER_NS },
  { target: target(3), due: 100, paced: 1, backlog: null, timeoutNs: NEVER_NS },
  { target: target(4), due: DUE, paced: 1, backlog: 2, timeoutNs: 1 },
  { target: target(4), due: DUE, paced: 1, backlog: 2, timeoutNs: NEVER_NS },
  { target: target(5), due: DUE / 4, paced: PACED, backlog: null, timeoutNs: NEVER_NS },
  { target: target(0), due: DUE, paced: 1, backlog: null, timeoutNs: NEVER_NS },
];

/** What the worker will serve with. */
export interface RehearsalParts {
  readonly pacing: Pacing;
  readonly clock: Clock;
  readonly cpuNs: () => number;
}

/** Tens of milliseconds. */
export async function rehearse(parts: RehearsalParts): Promise<void> {
  for (const round of rounds()) await serveRound(parts, round);
}

async function serveRound({ pacing, clock, cpuNs }: RehearsalParts, round: Round): Promise<void> {
  const memory = boardMemory(1);
  const board = new Board(memory);
  const place = new Place(memory, 0);
  const tickets = new TicketRing(ticketMemory(ROOM));
  const records = recordMemory(ROOM);
  const startNs = clock.now();
  const loop = new ServeLoop({
    target: round.target,
    clock,
    board,
    place,
    cpuSamples: new CpuSamples(memory, 0),
    tickets,
    records: new RecordWriter(records, board),
    pacer: new Pacer(pacing, clock, board),
    failures: new FailureLog(() => {}),
    phases: new PhaseTable(phases(startNs)),
    sampleKeys: Int32Array.of(1, 2, 3),
    timeoutNs: round.timeoutNs,
    backlog: round.backlog,
    cpuNs,
  });
  publish(round, startNs, tickets, board);
  await loop.serve(startNs);
  readAll(records);
}

/** Due requests of an open phase, one place of a closed one, requests that are waited for. */
function publish({ due, paced }: Round, startNs: number, tickets: TicketRing, board: Board): void {
  let ticket = 0;
  for (let i = 0; i < due; i++) tickets.publish(ticket++, 0, i, startNs);
  tickets.publish(ticket++, 1, 0, startNs);
  for (let i = 0; i < paced; i++) tickets.publish(ticket++, 2, i, startNs + NS_PER_MS + i * PACED_EVERY_NS);
  board.endAt(ticket);
}

function readAll(records: SharedArrayBuffer): void {
  const reader = new RecordReader(records);
  const record = emptyRecord();
  while (reader.next(reader.written, record));
}

const phases = (startNs: number): Phase[] => {
  const base = { purpose: 'warmup', startNs: ns(startNs), slots: 1 } as const;
  const load = { kind: 'open', law: 'uniform', profile: [{ from: 1, to: 1, durationNs: ns(1) }], count: 1 } as const;
  return [
    { ...base, name: 'due', durationNs: ns(NEVER_NS), load },
    { ...base, name: 'closed', durationNs: ns(CLOSED_NS), load: { kind: 'closed', inFlight: 1, thinkNs: ns(1000) } },
    { ...base, name: 'paced', durationNs: ns(NEVER_NS), load },
  ];
};

// A thread with sockets on a virtual clock: the runner's own loop, a target that answers when its law says.
import { Board, boardMemory, CpuSamples, Place } from '../../src/agent/runner/board.ts';
import { FailureLog } from '../../src/agent/runner/failure-log.ts';
import { PhaseTable } from '../../src/agent/runner/phase-table.ts';
import {
  emptyRecord,
  RecordReader,
  RecordWriter,
  type RequestRecord,
  recordMemory,
} from '../../src/agent/runner/record-ring.ts';
import { SocketLoop } from '../../src/agent/runner/socket-loop.ts';
import { TicketRing, ticketMemory } from '../../src/agent/runner/ticket-ring.ts';
import { TicketSource } from '../../src/agent/runner/ticket-source.ts';
import type { Wakes } from '../../src/agent/runner/wakes.ts';
import type { Phase } from '../../src/scenarios/phase.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { RequestFailure } from '../../src/targets/target.ts';
import { type Ns, ns } from '../../src/time/ns.ts';

const ROOM = 65_536;
const NO_PARTS = { connectNs: 0, firstByteNs: 0, serverNs: 0, firstEventAtNs: Number.NaN };

/** What the target does with its request number `index`, begun at `startNs`; `never`: it does not answer. */
export interface Answer {
  readonly afterNs: number | 'never';
  readonly outcome?: Outcome;
  readonly code?: string;
  /** When its events come, from the start. */
  readonly eventsNs?: readonly number[];
}

export interface VirtualTrial {
  readonly phases: readonly Phase[];
  readonly places: number;
  readonly answer: (index: number, startNs: number, sample: number) => Answer;
  readonly timeoutNs?: number;
  readonly backlog?: number;
  readonly infers?: number;
  /** Late wakes of the harness. */
  readonly lateNs?: number;
  readonly stopNs?: number;
}

export interface VirtualResult {
  readonly records: readonly RequestRecord[];
  readonly told: readonly string[];
  readonly cancelled: number;
  /** Most requests in flight at one time. */
  readonly mostInFlight: number;
  readonly samples: readonly number[];
  readonly endedNs: number;
}

/** Events in order of time, those of one instant as they came. */
class Events {
  at = 0;
  readonly #queue: { readonly atNs: number; readonly run: () => void }[] = [];

  now(): Ns {
    return ns(this.at);
  }

  add(atNs: number, run: () => void): void {
    let index = this.#queue.length;
    while (index > 0 && (this.#queue[index - 1]?.atNs ?? 0) > atNs) index--;
    this.#queue.splice(index, 0, { atNs, run });
  }

  play(untilEnd: () => boolean): void {
    while (!untilEnd()) {
      const event = this.#queue.shift();
      if (event === undefined) throw new Error(`nothing happens any more at ${this.at}`);
      this.at = Math.max(this.at, event.atNs);
      event.run();
    }
  }
}

export async function serveVirtually(trial: VirtualTrial): Promise<VirtualResult> {
  const events = new Events();
  events.at = trial.phases[0]?.startNs ?? 0;
  const memory = boardMemory(1, trial.places);
  const board = new Board(memory);
  const tickets = new TicketRing(ticketMemory(ROOM));
  publish(trial, tickets, board);
  const ring = recordMemory(ROOM);
  const told: string[] = [];
  const samples: number[] = [];
  const inFlight = new Map<number, number>();
  const [count, cancelled, most] = [{ of: 0 }, { of: 0 }, { of: 0 }];
  const target = {
    start(place: number, sample: number): void {
      if (inFlight.has(place)) throw new Error(`place ${place} was given a second request`);
      const index = count.of++;
      samples.push(sample);
      inFlight.set(place, index);
      most.of = Math.max(most.of, inFlight.size);
      const startNs = events.at;
      const { afterNs, outcome = Outcome.ok, code, eventsNs = [] } = trial.answer(index, startNs, sample);
      for (const [i, at] of eventsNs.entries()) {
        const sinceNs = startNs + (eventsNs[i - 1] ?? Number.NaN);
        events.add(startNs + at, () => {
          if (inFlight.get(place) === index) loop.event(place, sinceNs, events.at);
        });
      }
      const firstEventAtNs = startNs + (eventsNs[0] ?? Number.NaN);
      if (afterNs === 'never') return;
      events.add(events.at + afterNs, () => {
        if (inFlight.get(place) !== index) return;
        inFlight.delete(place);
        const failure = code === undefined ? null : new RequestFailure('target-error', code, 'as told');
        loop.settle(place, events.at, outcome, failure, { ...NO_PARTS, firstEventAtNs });
      });
    },
    cancel(place: number): void {
      cancelled.of++;
      inFlight.delete(place);
    },
  };
  const loop = new SocketLoop({
    target,
    clock: events,
    board,
    places: Array.from({ length: trial.places }, (_, place) => new Place(memory, place)),
    cpuSamples: new CpuSamples(memory, 0),
    tickets,
    records: new RecordWriter(ring, board),
    wakes: virtualWakes(events, trial.lateNs ?? 0),
    failures: new FailureLog((_, { code, message }) => told.push(`${code}: ${message}`)),
    phases: new PhaseTable(trial.phases),
    sampleKeys: Int32Array.from(trial.phases, (_, index) => index + 1),
    picks: 'drawn',
    timeoutNs: trial.timeoutNs ?? 1e15,
    backlog: trial.backlog ?? null,
    bundle: { infers: trial.infers ?? 1, stride: 1 },
    cpuNs: () => 0,
  });
  if (trial.stopNs !== undefined) board.stop(trial.stopNs, () => events.at);
  const state = { hasEnded: false };
  const served = loop.serve(events.at).then(() => {
    state.hasEnded = true;
  });
  await playing(events, state);
  await served;
  return {
    records: recordsOf(ring),
    told,
    cancelled: cancelled.of,
    mostInFlight: most.of,
    samples,
    endedNs: events.at,
  };
}

/** One event at a time: the end is told by a promise. */
async function playing(events: Events, state: { readonly hasEnded: boolean }): Promise<void> {
  for (;;) {
    await Promise.resolve();
    if (state.hasEnded) return;
    let steps = 0;
    events.play(() => steps++ > 0);
  }
}

function publish(trial: VirtualTrial, tickets: TicketRing, board: Board): void {
  const share = { index: 0, of: 1 };
  const arrivals = shareArrivals(trial.phases, share, { seed: '7', scenario: 's', trial: 1 });
  const source = new TicketSource(trial.phases, share, trial.places, arrivals);
  let ticket = 0;
  while (source.next()) tickets.publish(ticket++, source.phase, source.seq, source.atNs, source.sample);
  board.endAt(ticket);
}

function virtualWakes(events: Events, lateNs: number): Wakes {
  let turn = (): void => {};
  let set = 0;
  return {
    listen: (run) => {
      turn = run;
      events.add(events.at, () => turn());
    },
    next: (dueNs, laterNs) => {
      const mine = ++set;
      const atNs = Math.min(dueNs, laterNs);
      if (!Number.isFinite(atNs)) return;
      events.add(Math.max(events.at, atNs) + lateNs, () => {
        if (mine === set) turn();
      });
    },
    noteEvent: () => {},
    idleNs: () => 0,
    close: () => {},
  };
}

function recordsOf(ring: SharedArrayBuffer): RequestRecord[] {
  const reader = new RecordReader(ring);
  const records: RequestRecord[] = [];
  for (let record = emptyRecord(); reader.next(reader.written, record); record = emptyRecord()) records.push(record);
  return records;
}

/** Nearest-rank quantile of the response times of ok requests, milliseconds. */
export function responseQuantileMs({ records }: VirtualResult, quantile: number): number {
  const responses = records
    .filter(({ outcome }) => outcome === Outcome.ok)
    .map(({ intendedNs, completedNs }) => completedNs - intendedNs)
    .toSorted((a, b) => a - b);
  return (responses[Math.ceil(quantile * responses.length) - 1] ?? Number.NaN) / 1e6;
}

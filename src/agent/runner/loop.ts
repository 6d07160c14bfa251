/**
 * The measuring path of one worker. Hot: nothing here may allocate, log, make a closure or await - a synchronous target
 * is served without a single await, and of an asynchronous one only its own promise is awaited. A pause of this code is
 * the harness's lag in the result. Watched by `bench/runner-rate.ts` and `bench/runner-lag.ts`.
 */

import { Outcome } from '../../stats/outcome.ts';
import { InputFault, type Target } from '../../targets/target.ts';
import type { Clock } from '../../time/clock.ts';
import { type Board, type CpuSamples, HELD, type Place } from './board.ts';
import type { FailureLog } from './failure-log.ts';
import { OwnTime } from './own-time.ts';
import type { Pacer } from './pacing.ts';
import { AT_ONCE, CLOSED, OPEN, type PhaseTable } from './phase-table.ts';
import type { RecordWriter } from './record-ring.ts';
import { sampleOf } from './samples.ts';
import type { TicketRing } from './ticket-ring.ts';

/** What a worker serves with. */
export interface LoopParts {
  readonly target: Target;
  readonly clock: Clock;
  readonly board: Board;
  readonly place: Place;
  readonly cpuSamples: CpuSamples;
  readonly tickets: TicketRing;
  readonly records: RecordWriter;
  readonly pacer: Pacer;
  readonly failures: FailureLog;
  readonly phases: PhaseTable;
  /** Per phase, what its samples are drawn from. */
  readonly sampleKeys: Int32Array;
  readonly timeoutNs: number;
  /** Waiting requests above which the oldest is shed; null: never. */
  readonly backlog: number | null;
  /** CPU time of this thread, nanoseconds. */
  readonly cpuNs: () => number;
}

const STARVED_MS = 20;
const NO_PHASE = -1;

/** What becomes of a request that was taken. */
const STARTED = 0;
const SETTLED = 1;
const STOPPED = 2;

/**
 * Serves requests one after the other until none is left or the trial is stopped.
 *
 * Invariant: between `taken` and `written` the place holds exactly one request. One that is still held when the loop
 * ends was not started.
 */
export class ServeLoop {
  readonly #target: Target;
  readonly #prepares: boolean;
  readonly #checks: boolean;
  readonly #clock: Clock;
  readonly #board: Board;
  readonly #place: Place;
  readonly #held: Float64Array;
  readonly #tickets: TicketRing;
  readonly #records: RecordWriter;
  readonly #pacer: Pacer;
  readonly #failures: FailureLog;
  readonly #phases: PhaseTable;
  readonly #sampleKeys: Int32Array;
  readonly #timeoutNs: number;
  readonly #backlog: number;
  readonly #time: OwnTime;
  /** Since when the place has been free. A double of its own in a typed array: a field would box it. */
  readonly #freeSince = new Float64Array(1);
  #taken = 0;
  /** The closed phase of which this worker keeps a place busy. */
  #closedPhase = NO_PHASE;
  #sample = 0;
  #failure = 0;

  constructor(parts: LoopParts) {
    this.#target = parts.target;
    this.#prepares = parts.target.prepare !== undefined;
    this.#checks = parts.target.check !== undefined;
    this.#clock = parts.clock;
    this.#board = parts.board;
    this.#place = parts.place;
    this.#held = parts.place.now;
    this.#tickets = parts.tickets;
    this.#records = parts.records;
    this.#pacer = parts.pacer;
    this.#failures = parts.failures;
    this.#phases = parts.phases;
    this.#sampleKeys = parts.sampleKeys;
    this.#timeoutNs = parts.timeoutNs;
    this.#backlog = parts.backlog ?? -1;
    this.#time = new OwnTime(parts.cpuSamples, parts.cpuNs);
  }

  /** Serves to the end. `freeSinceNs`: since when this place has been free. */
  async serve(freeSinceNs: number): Promise<void> {
    const began = this.#clock.now();
    this.#freeSince[0] = freeSinceNs;
    this.#time.begin(began);
    this.#time.sample(began);
    let answer = this.#untilPending();
    while (answer !== null) {
      let outcome: Outcome;
      try {
        outcome = await answer;
      } catch (error) {
        outcome = this.#fail(error);
      }
      this.#settle(outcome);
      answer = this.#untilPending();
    }
    this.#time.sample(this.#clock.now());
  }

  /** Serves until the target answers with a promise, and returns that; null at the end. */
  #untilPending(): Promise<Outcome> | null {
    while (this.#take()) {
      const fate = this.#admit();
      if (fate === STOPPED) return null;
      if (fate === SETTLED) continue;
      const answer = this.#infer();
      if (typeof answer !== 'number') return answer;
      this.#settle(answer);
    }
    return null;
  }

  /** Takes the next request of this place's closed phase, else of the queue; false when there is none left. */
  #take(): boolean {
    if (this.#board.isStopping && this.#isStopped()) return false;
    if (this.#closedPhase === NO_PHASE) {
      if (!this.#takeTicket()) return false;
    } else if (!this.#advanceClosed() && !this.#leaveClosed()) return false;
    const held = this.#held;
    held[HELD.ready] = Math.max(held[HELD.intended] as number, this.#freeSince[0] as number);
    held[HELD.start] = Number.NaN;
    this.#taken = (this.#taken + 1) | 0;
    this.#place.taken = this.#taken;
    return true;
  }

  #takeTicket(): boolean {
    const ticket = this.#board.takeNumber();
    while (!this.#tickets.read(ticket, this.#held)) {
      if (!this.#awaitTicket(ticket)) return false;
    }
    const phase = this.#held[HELD.phase] as number;
    this.#closedPhase = this.#phases.kind[phase] === CLOSED ? phase : NO_PHASE;
    return true;
  }

  #isStopped(): boolean {
    const now = this.#clock.now();
    return this.#board.forbids(now, now);
  }

  /** Moves the place on to the next request of its closed phase; false when the phase is over by then. */
  #advanceClosed(): boolean {
    const phase = this.#closedPhase;
    const intended = (this.#freeSince[0] as number) + (this.#phases.thinkNs[phase] as number);
    const seq = (this.#held[HELD.seq] as number) + (this.#phases.stride[phase] as number);
    const isOver = intended >= (this.#phases.endNs[phase] as number) && seq >= (this.#phases.atLeast[phase] as number);
    if (isOver) return false;
    this.#held[HELD.intended] = intended;
    this.#held[HELD.seq] = seq;
    return true;
  }

  /**
   * Takes a ticket after a closed phase. In another closed phase the place goes on: its next request is intended a
   * thinking time after its last completion there too, and a phase that is over by then is passed over.
   */
  #leaveClosed(): boolean {
    while (this.#takeTicket()) {
      const phase = this.#closedPhase;
      if (phase === NO_PHASE) return true;
      const next = (this.#freeSince[0] as number) + (this.#phases.thinkNs[phase] as number);
      this.#held[HELD.intended] = Math.max(this.#held[HELD.intended] as number, next);
      if ((this.#held[HELD.intended] as number) < (this.#phases.endNs[phase] as number)) return true;
    }
    return false;
  }

  /** Sleeps while the ticket is not published; false when it never will be, or nothing may start any more. */
  #awaitTicket(ticket: number): boolean {
    const heard = this.#board.bell();
    if (this.#tickets.isPublished(ticket)) return true;
    if (this.#board.isPastEnd(ticket)) return false;
    if (this.#board.isStopping && this.#isStopped()) return false;
    const from = this.#clock.now();
    this.#board.starve(heard, STARVED_MS);
    this.#time.away(from, this.#clock.now());
    return true;
  }

  /**
   * Waits for the intended start and starts the request, or settles it unstarted; a stopped trial leaves it held. The
   * target prepares before that wait; of a request that is due already, before its start, which is lag.
   */
  #admit(): typeof STARTED | typeof SETTLED | typeof STOPPED {
    const intended = this.#held[HELD.intended] as number;
    let now: number = this.#clock.now();
    if (now < intended) {
      if (this.#prepares) now = this.#prepared();
      const from = now;
      now = this.#pacer.until(intended);
      this.#time.away(from, now);
    } else {
      if (this.#board.forbids(intended, now)) return STOPPED;
      if (this.#abandons(intended, now)) return SETTLED;
      if (this.#prepares) now = this.#prepared();
    }
    if (this.#board.forbids(intended, now)) return STOPPED;
    this.#held[HELD.start] = now;
    this.#place.started = this.#taken;
    return STARTED;
  }

  /** Settles a request of an open phase that waited past its time, or at the head of too long a queue. */
  #abandons(intended: number, now: number): boolean {
    if (this.#phases.kind[this.#held[HELD.phase] as number] !== OPEN) return false;
    if (now - intended >= this.#timeoutNs) {
      this.#records.write(this.#place, now, Outcome.timeout, 0, 0);
      return true;
    }
    if (this.#backlog >= 0 && this.#tickets.isDue((this.#board.nextNumber() + this.#backlog) | 0, now)) {
      this.#records.write(this.#place, now, Outcome.shed, 0, 0);
      return true;
    }
    return false;
  }

  /** Lets the target lay the sample ready; returns the instant when it has. What it throws ends the trial. */
  #prepared(): number {
    this.#target.prepare?.(this.#drawSample());
    return this.#clock.now();
  }

  /** The sample that the arrival names, else a drawn one. */
  #drawSample(): number {
    const held = this.#held;
    const named = held[HELD.sample] as number;
    if (named >= 0) return named;
    return sampleOf(this.#sampleKeys[held[HELD.phase] as number] as number, held[HELD.seq] as number);
  }

  #infer(): Outcome | Promise<Outcome> {
    this.#sample = this.#drawSample();
    try {
      return this.#target.infer(this.#sample);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Looks at an answer whose completion is stamped. */
  #checked(): Outcome {
    try {
      return this.#target.check?.(this.#sample) ?? Outcome.ok;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** The outcome of a request that failed; what is not fit to be sent ends the trial. */
  #fail(error: unknown): Outcome {
    if (error instanceof InputFault) throw error;
    const outcome = this.#failures.note(error);
    this.#failure = this.#failures.last;
    return outcome;
  }

  /** Records the request that was started. In process it cannot be cut short: an answer past its time is a timeout. */
  #settle(answer: Outcome): void {
    const completed = this.#clock.now();
    const held = this.#held;
    const atOnce = this.#phases.kind[held[HELD.phase] as number] === AT_ONCE;
    const since = held[atOnce ? HELD.ready : HELD.intended] as number;
    const late = answer === Outcome.ok && completed - since >= this.#timeoutNs;
    const outcome = late ? Outcome.timeout : this.#checks && answer === Outcome.ok ? this.#checked() : answer;
    this.#records.write(this.#place, completed, outcome, this.#failure, this.#sample);
    this.#failure = 0;
    this.#freeSince[0] = completed;
    this.#time.away(held[HELD.start] as number, completed);
    if (this.#time.isDue(completed)) this.#time.sample(completed);
  }
}

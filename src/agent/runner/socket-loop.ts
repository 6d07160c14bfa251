/**
 * The measuring path of one thread with sockets: many places, none of which may make the thread stand still. Hot: nothing
 * here may allocate, log or make a closure, but for what sockets do themselves. Watched by `bench/http-rate.ts` and
 * `bench/socket-lag.ts`.
 */

import { Outcome } from '../../stats/outcome.ts';
import type { NetworkTarget, ServiceParts } from '../../targets/network-target.ts';
import type { RequestFailure } from '../../targets/target.ts';
import type { Clock } from '../../time/clock.ts';
import { type Board, type CpuSamples, HELD, type Place } from './board.ts';
import { DueHeap } from './due-heap.ts';
import type { FailureLog } from './failure-log.ts';
import { FreePlaces } from './free-places.ts';
import { AT_ONCE, CLOSED, OPEN, type PhaseTable } from './phase-table.ts';
import type { RecordWriter } from './record-ring.ts';
import { sampleOf } from './samples.ts';
import type { TicketRing } from './ticket-ring.ts';
import type { Wakes } from './wakes.ts';

/** What a thread with sockets serves with. */
export interface SocketLoopParts {
  readonly target: Pick<NetworkTarget, 'prepare' | 'start' | 'cancel'>;
  readonly clock: Clock;
  readonly board: Board;
  /** Of this thread, by the target's number. */
  readonly places: readonly Place[];
  readonly cpuSamples: CpuSamples;
  readonly tickets: TicketRing;
  readonly records: RecordWriter;
  readonly wakes: Wakes;
  readonly failures: FailureLog;
  readonly phases: PhaseTable;
  /** Per phase, what its samples are drawn from. */
  readonly sampleKeys: Int32Array;
  /** `in-turn`: the samples that no arrival names follow one another, request by request. */
  readonly picks: 'drawn' | 'in-turn';
  readonly timeoutNs: number;
  /** Waiting requests above which the oldest is shed; null: never. */
  readonly backlog: number | null;
  /** Inferences that make one request, `stride` samples each. */
  readonly bundle: { readonly infers: number; readonly stride: number };
  /** CPU time of this thread, nanoseconds. */
  readonly cpuNs: () => number;
}

const NONE = -1;
const SAMPLE_CPU_EVERY_NS = 250e6;
/** While a stop is coming, or tickets are wanting, the thread looks this often. */
const LOOK_EVERY_NS = 20e6;
const NO_PARTS: ServiceParts = { connectNs: 0, firstByteNs: 0, serverNs: 0 };

/** The loop's own doubles stand in a typed array: a field would box them. */
const BEGAN = 0;
const NEXT_SAMPLE = 1;
/** Never later than the first deadline of what is in flight. */
const NEXT_DEADLINE = 2;
const OWN = 3;

/**
 * Serves requests on many places at a time, as {@link ServeLoop} does on one, until none is left or the trial is stopped.
 *
 * The thread holds the next ticket of the queue while it has a free place, bound to the place that is free for longest;
 * places of a closed phase hold their own next request. A request past its time is given up and its outcome is timeout.
 * Each turn starts what is due; turns follow every answer, alarm and bell.
 *
 * Invariant: between `taken` and `written` a place holds exactly one request. One that is still held and not started when
 * the loop ends was not started.
 */
export class SocketLoop {
  readonly #parts: SocketLoopParts;
  readonly #places: readonly Place[];
  readonly #own = new Float64Array(OWN);
  readonly #freeSince: Float64Array;
  /** When the request in flight there is given up; infinity: none is. */
  readonly #deadline: Float64Array;
  /** The closed phase whose request a place holds or held last. */
  readonly #closedPhase: Int32Array;
  readonly #sample: Float64Array;
  /** Inferences of the bundle that are still to be sent. */
  readonly #left: Int32Array;
  readonly #free: FreePlaces;
  /** Closed places that think. */
  readonly #thinking: DueHeap;
  /** The place that holds the queue's next request; NONE: no place, or no ticket. */
  #waiting = NONE;
  /** Number that this thread has taken from the queue and not read. */
  #ticket = 0;
  #hasTicket = false;
  #isStarving = false;
  #isQueueEmpty = false;
  #isStopped = false;
  #isTurning = false;
  #hasEnded = false;
  #inFlight = 0;
  readonly #ended = Promise.withResolvers<void>();

  constructor(parts: SocketLoopParts) {
    const places = parts.places.length;
    this.#parts = parts;
    this.#places = parts.places;
    this.#freeSince = new Float64Array(places);
    this.#deadline = new Float64Array(places).fill(Number.POSITIVE_INFINITY);
    this.#closedPhase = new Int32Array(places).fill(NONE);
    this.#sample = new Float64Array(places);
    this.#left = new Int32Array(places);
    this.#free = new FreePlaces(places);
    this.#thinking = new DueHeap(places);
    this.#own[NEXT_DEADLINE] = Number.POSITIVE_INFINITY;
  }

  /** Serves to the end. `freeSinceNs`: since when all places have been free. */
  serve(freeSinceNs: number): Promise<void> {
    this.#freeSince.fill(freeSinceNs);
    this.#own[BEGAN] = this.#parts.clock.now();
    this.#parts.wakes.listen(() => this.#turn());
    return this.#ended.promise;
  }

  /** The target's word that a request is over. */
  settle(
    place: number,
    completedNs: number,
    outcome: Outcome,
    failure: RequestFailure | null,
    parts: ServiceParts,
  ): void {
    if (this.#deadline[place] === Number.POSITIVE_INFINITY) return;
    const isOk = outcome === Outcome.ok;
    const isLate = completedNs >= (this.#deadline[place] as number);
    if (isOk && !isLate && (this.#left[place] as number) > 0) {
      this.#goOn(place);
      return;
    }
    if (isLate && isOk) this.#release(place, completedNs, Outcome.timeout, 0, parts);
    else if (failure === null) this.#release(place, completedNs, outcome, 0, parts);
    else {
      const told = this.#parts.failures.note(failure);
      this.#release(place, completedNs, told, this.#parts.failures.last, parts);
    }
    this.#parts.wakes.noteEvent();
    this.#turn();
  }

  /** Sends the next inference of a bundle. */
  #goOn(place: number): void {
    const sample = (this.#sample[place] as number) + this.#parts.bundle.stride;
    this.#left[place] = (this.#left[place] as number) - 1;
    this.#sample[place] = sample;
    try {
      this.#parts.target.prepare?.(place, sample);
      this.#parts.target.start(place, sample);
    } catch (error) {
      this.#end(() => this.#ended.reject(error));
    }
  }

  /** Gives up what is past its time, starts what is due, and says when to look again. */
  #turn(): void {
    if (this.#isTurning || this.#hasEnded) return;
    this.#isTurning = true;
    try {
      const now = this.#parts.clock.now();
      if (now >= (this.#own[NEXT_DEADLINE] as number)) this.#expire(now);
      if (this.#parts.board.isStopping && this.#parts.board.forbids(now, now)) this.#isStopped = true;
      if (!this.#isStopped) this.#startThinking();
      if (!this.#isStopped) this.#startQueued();
      if (now >= (this.#own[NEXT_SAMPLE] as number)) this.#sampleCpu(now);
    } catch (error) {
      this.#end(() => this.#ended.reject(error));
    }
    this.#isTurning = false;
    if (this.#isOver()) this.#end(this.#ended.resolve);
    else if (!this.#hasEnded) this.#arm();
  }

  #isOver(): boolean {
    if (this.#inFlight > 0) return false;
    return this.#isStopped || (this.#isQueueEmpty && this.#waiting === NONE && this.#thinking.size === 0);
  }

  #end(tell: () => void): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#parts.wakes.close();
    this.#sampleCpu(this.#parts.clock.now());
    tell();
  }

  #arm(): void {
    let dueNs = Number.POSITIVE_INFINITY;
    if (!this.#isStopped) {
      dueNs = this.#thinking.earliestNs;
      if (this.#waiting !== NONE) dueNs = Math.min(dueNs, this.#held(this.#waiting)[HELD.intended] as number);
    }
    const isLooking = this.#isStarving || this.#parts.board.isStopping;
    const lookNs = isLooking ? this.#parts.clock.now() + LOOK_EVERY_NS : Number.POSITIVE_INFINITY;
    this.#parts.wakes.next(dueNs, Math.min(lookNs, this.#own[NEXT_DEADLINE] as number));
  }

  /** Requests whose time is over: their connections are given up with them. */
  #expire(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#deadline.length; place++) {
      const deadline = this.#deadline[place] as number;
      if (deadline > now) {
        if (deadline < next) next = deadline;
        continue;
      }
      this.#parts.target.cancel(place);
      this.#release(place, this.#parts.clock.now(), Outcome.timeout, 0, NO_PARTS);
    }
    this.#own[NEXT_DEADLINE] = next;
  }

  #startThinking(): void {
    for (;;) {
      const now = this.#parts.clock.now();
      if (this.#thinking.earliestNs > now) return;
      if (this.#parts.board.forbids(this.#thinking.earliestNs, now)) {
        this.#isStopped = true;
        return;
      }
      this.#start(this.#thinking.pop(), now);
    }
  }

  #startQueued(): void {
    while (this.#waiting !== NONE || this.#bind()) {
      const place = this.#waiting;
      const intended = this.#held(place)[HELD.intended] as number;
      const now = this.#parts.clock.now();
      if (now < intended) return;
      if (this.#parts.board.forbids(intended, now)) {
        this.#isStopped = true;
        return;
      }
      this.#waiting = NONE;
      if (!this.#abandons(place, intended, now)) this.#start(place, now);
    }
  }

  /** Binds the next ticket of the queue to the place that is free for longest; false where one of them is wanting. */
  #bind(): boolean {
    while (this.#free.count > 0 && this.#readTicket(this.#held(this.#free.next))) {
      const place = this.#free.next;
      if (!this.#isWanted(place)) continue;
      this.#free.take();
      this.#hold(place);
      this.#waiting = place;
      return true;
    }
    return false;
  }

  #readTicket(into: Float64Array): boolean {
    const { board, tickets } = this.#parts;
    if (this.#isQueueEmpty) return false;
    if (!this.#hasTicket) {
      this.#ticket = board.takeNumber();
      this.#hasTicket = true;
    }
    if (tickets.read(this.#ticket, into)) {
      this.#hasTicket = false;
      this.#starve(false);
      return true;
    }
    this.#isQueueEmpty = board.isPastEnd(this.#ticket) && !tickets.isPublished(this.#ticket);
    this.#starve(!this.#isQueueEmpty);
    return false;
  }

  #starve(isStarving: boolean): void {
    if (isStarving === this.#isStarving) return;
    this.#isStarving = isStarving;
    if (isStarving) this.#parts.board.starving();
    else this.#parts.board.fed();
  }

  /**
   * Whether a place takes the ticket that was read into it. One that comes from a closed phase goes on in another: its
   * next request is intended a thinking time after its last completion there too, and a phase that is over by then is
   * passed over.
   */
  #isWanted(place: number): boolean {
    const { phases } = this.#parts;
    const held = this.#held(place);
    const phase = held[HELD.phase] as number;
    const before = this.#closedPhase[place];
    if (phases.kind[phase] !== CLOSED) {
      this.#closedPhase[place] = NONE;
      return true;
    }
    this.#closedPhase[place] = phase;
    if (before === NONE) return true;
    const next = (this.#freeSince[place] as number) + (phases.thinkNs[phase] as number);
    held[HELD.intended] = Math.max(held[HELD.intended] as number, next);
    return (held[HELD.intended] as number) < (phases.endNs[phase] as number);
  }

  /** The request that was laid into the place is held from here on. */
  #hold(place: number): void {
    const held = this.#held(place);
    held[HELD.ready] = Math.max(held[HELD.intended] as number, this.#freeSince[place] as number);
    held[HELD.start] = Number.NaN;
    const at = this.#places[place] as Place;
    at.taken = (at.taken + 1) | 0;
    const sample = this.#drawSample(held);
    this.#sample[place] = sample;
    this.#parts.target.prepare?.(place, sample);
  }

  /** The sample that the arrival names, else a drawn one. */
  #drawSample(held: Float64Array): number {
    const named = held[HELD.sample] as number;
    if (named >= 0) return named;
    if (this.#parts.picks === 'in-turn') return held[HELD.seq] as number;
    return sampleOf(this.#parts.sampleKeys[held[HELD.phase] as number] as number, held[HELD.seq] as number);
  }

  /** Settles a request of an open phase that waited past its time, or at the head of too long a queue. */
  #abandons(place: number, intended: number, now: number): boolean {
    const { phases, timeoutNs, backlog, board, tickets } = this.#parts;
    if (phases.kind[this.#held(place)[HELD.phase] as number] !== OPEN) return false;
    let outcome: Outcome;
    if (now - intended >= timeoutNs) outcome = Outcome.timeout;
    else if (backlog !== null && tickets.isDue((board.nextNumber() + backlog) | 0, now)) outcome = Outcome.shed;
    else return false;
    this.#parts.records.writeParts(this.#places[place] as Place, now, outcome, 0, 0, NO_PARTS);
    this.#free.putBack(place);
    return true;
  }

  #start(place: number, now: number): void {
    const held = this.#held(place);
    const at = this.#places[place] as Place;
    held[HELD.start] = now;
    at.started = at.taken;
    const isAtOnce = this.#parts.phases.kind[held[HELD.phase] as number] === AT_ONCE;
    const deadline = (held[isAtOnce ? HELD.ready : HELD.intended] as number) + this.#parts.timeoutNs;
    this.#deadline[place] = deadline;
    if (deadline < (this.#own[NEXT_DEADLINE] as number)) this.#own[NEXT_DEADLINE] = deadline;
    this.#left[place] = this.#parts.bundle.infers - 1;
    this.#inFlight++;
    this.#parts.target.start(place, this.#sample[place] as number);
  }

  /** Records a request that was started, and frees its place. */
  #release(place: number, completedNs: number, outcome: Outcome, failure: number, parts: ServiceParts): void {
    const at = this.#places[place] as Place;
    this.#deadline[place] = Number.POSITIVE_INFINITY;
    this.#inFlight--;
    this.#parts.records.writeParts(at, completedNs, outcome, failure, this.#sample[place] as number, parts);
    this.#freeSince[place] = completedNs;
    if (!this.#thinks(place)) this.#free.add(place);
  }

  /** Moves a place on to the next request of its closed phase; false when the phase is over by then, or none is. */
  #thinks(place: number): boolean {
    const { phases } = this.#parts;
    const phase = this.#closedPhase[place] as number;
    if (phase === NONE) return false;
    const held = this.#held(place);
    const intended = (this.#freeSince[place] as number) + (phases.thinkNs[phase] as number);
    const seq = (held[HELD.seq] as number) + (phases.stride[phase] as number);
    if (intended >= (phases.endNs[phase] as number) && seq >= (phases.atLeast[phase] as number)) return false;
    held[HELD.intended] = intended;
    held[HELD.seq] = seq;
    this.#hold(place);
    this.#thinking.push(place, intended);
    return true;
  }

  #held(place: number): Float64Array {
    return (this.#places[place] as Place).now;
  }

  /** Four times a second at most: the one place of this loop that may allocate. */
  #sampleCpu(now: number): void {
    const harness = now - (this.#own[BEGAN] as number) - this.#parts.wakes.idleNs();
    this.#parts.cpuSamples.leave(now, this.#parts.cpuNs(), harness);
    this.#own[NEXT_SAMPLE] = now + SAMPLE_CPU_EVERY_NS;
  }
}

/**
 * The measuring path of one thread with sockets: many places, none of which may make the thread stand still. Hot: nothing
 * here may allocate, log or make a closure, but for what sockets do themselves. Watched by `bench/http-rate.ts` and
 * `bench/socket-lag.ts`.
 */

import { Outcome } from '../../stats/outcome.ts';
import type { NetworkTarget, ServiceParts } from '../../targets/network-target.ts';
import type { RequestFailure } from '../../targets/target.ts';
import type { Clock } from '../../time/clock.ts';
import type { Board, CpuSamples } from './board.ts';
import { DueHeap } from './due-heap.ts';
import type { FailureLog } from './failure-log.ts';
import { FreePlaces } from './free-places.ts';
import { HeldRequests, type HeldRequestsParts } from './held-requests.ts';
import { InFlight } from './in-flight.ts';
import { OwnTime } from './own-time.ts';
import { OPEN } from './phase-table.ts';
import type { RecordWriter } from './record-ring.ts';
import type { TicketRing } from './ticket-ring.ts';
import { TicketTaker } from './ticket-taker.ts';
import type { Wakes } from './wakes.ts';

/** What a thread with sockets serves with. */
export interface SocketLoopParts extends HeldRequestsParts {
  readonly target: Pick<NetworkTarget, 'prepare' | 'start' | 'cancel'>;
  readonly clock: Clock;
  readonly board: Board;
  readonly cpuSamples: CpuSamples;
  readonly tickets: TicketRing;
  readonly records: RecordWriter;
  readonly wakes: Wakes;
  readonly failures: FailureLog;
  readonly timeoutNs: number;
  /** Waiting requests above which the oldest is shed; null: never. */
  readonly backlog: number | null;
  /** CPU time of this thread, nanoseconds. */
  readonly cpuNs: () => number;
}

const NONE = -1;
/** While a stop is coming, or tickets are wanting, the thread looks this often. */
const LOOK_EVERY_NS = 20e6;
const NO_PARTS: ServiceParts = { connectNs: 0, firstByteNs: 0, serverNs: 0, firstEventAtNs: Number.NaN };

/**
 * Serves requests on many places at a time, as {@link ServeLoop} does on one, until none is left or the trial is stopped.
 *
 * The thread holds the next ticket of the queue while it has a free place, bound to the place that is free for longest;
 * places of a closed phase hold their own next request. A request past its time is given up and its outcome is timeout.
 * Each turn starts what is due; turns follow every answer, alarm and bell.
 *
 * A request that is still held and not started when the loop ends was not started.
 */
export class SocketLoop {
  readonly #parts: SocketLoopParts;
  readonly #time: OwnTime;
  readonly #held: HeldRequests;
  readonly #queue: TicketTaker;
  readonly #inFlight: InFlight;
  readonly #free: FreePlaces;
  /** Closed places that think. */
  readonly #thinking: DueHeap;
  /** The place that holds the queue's next request; NONE: no place, or no ticket. */
  #waiting = NONE;
  #isStopped = false;
  #isTurning = false;
  #hasEnded = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(parts: SocketLoopParts) {
    const places = parts.places.length;
    this.#parts = parts;
    this.#time = new OwnTime(parts.cpuSamples, parts.cpuNs);
    this.#held = new HeldRequests(parts);
    this.#queue = new TicketTaker(parts.board, parts.tickets);
    this.#inFlight = new InFlight(places);
    this.#free = new FreePlaces(places);
    this.#thinking = new DueHeap(places);
  }

  /** Serves to the end. `freeSinceNs`: since when all places have been free. */
  serve(freeSinceNs: number): Promise<void> {
    this.#held.freeAll(freeSinceNs);
    this.#time.begin(this.#parts.clock.now());
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
    if (!this.#inFlight.has(place)) return;
    const isOk = outcome === Outcome.ok;
    const isLate = this.#inFlight.isLate(place, completedNs);
    if (isOk && !isLate && this.#held.nextInference(place)) {
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

  /** The target's word that an event of a stream came. */
  event(place: number, sinceNs: number, atNs: number): void {
    if (this.#inFlight.has(place)) this.#parts.records.writeEvent(this.#held.place(place), sinceNs, atNs);
  }

  /** Sends the next inference of a bundle. */
  #goOn(place: number): void {
    const sample = this.#held.sample(place);
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
      this.#inFlight.expire(now, this.#giveUp);
      if (this.#parts.board.isStopping && this.#parts.board.forbids(now, now)) this.#isStopped = true;
      if (!this.#isStopped) this.#startThinking();
      if (!this.#isStopped) this.#startQueued();
      if (this.#time.isDue(now)) this.#sampleCpu(now);
    } catch (error) {
      this.#end(() => this.#ended.reject(error));
    }
    this.#isTurning = false;
    if (this.#isOver()) this.#end(this.#ended.resolve);
    else if (!this.#hasEnded) this.#arm();
  }

  #isOver(): boolean {
    if (this.#inFlight.count > 0) return false;
    return this.#isStopped || (this.#queue.isEmpty && this.#waiting === NONE && this.#thinking.size === 0);
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
      if (this.#waiting !== NONE) dueNs = Math.min(dueNs, this.#held.intendedNs(this.#waiting));
    }
    const isLooking = this.#queue.isStarving || this.#parts.board.isStopping;
    const lookNs = isLooking ? this.#parts.clock.now() + LOOK_EVERY_NS : Number.POSITIVE_INFINITY;
    this.#parts.wakes.next(dueNs, Math.min(lookNs, this.#inFlight.earliestNs));
  }

  /** A request whose time is over: its connection is given up with it. */
  readonly #giveUp = (place: number): void => {
    this.#parts.target.cancel(place);
    this.#release(place, this.#parts.clock.now(), Outcome.timeout, 0, NO_PARTS);
  };

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
      const intended = this.#held.intendedNs(place);
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
    while (this.#free.count > 0 && this.#queue.take(this.#held.at(this.#free.next))) {
      const place = this.#free.next;
      if (!this.#held.accepts(place)) continue;
      this.#free.take();
      this.#held.hold(place);
      this.#lay(place);
      this.#waiting = place;
      return true;
    }
    return false;
  }

  #lay(place: number): void {
    this.#parts.target.prepare?.(place, this.#held.sample(place));
  }

  /** Settles a request of an open phase that waited past its time, or at the head of too long a queue. */
  #abandons(place: number, intended: number, now: number): boolean {
    const { timeoutNs, backlog, board, tickets } = this.#parts;
    if (this.#held.kind(place) !== OPEN) return false;
    let outcome: Outcome;
    if (now - intended >= timeoutNs) outcome = Outcome.timeout;
    else if (backlog !== null && tickets.isDue((board.nextNumber() + backlog) | 0, now)) outcome = Outcome.shed;
    else return false;
    this.#parts.records.writeParts(this.#held.place(place), now, outcome, 0, 0, NO_PARTS);
    this.#free.putBack(place);
    return true;
  }

  #start(place: number, now: number): void {
    const fromNs = this.#held.start(place, now);
    this.#inFlight.add(place, fromNs + this.#parts.timeoutNs);
    this.#parts.target.start(place, this.#held.sample(place));
  }

  /** Records a request that was started, and frees its place. */
  #release(place: number, completedNs: number, outcome: Outcome, failure: number, parts: ServiceParts): void {
    const { records } = this.#parts;
    this.#inFlight.remove(place);
    records.writeParts(this.#held.place(place), completedNs, outcome, failure, this.#held.sample(place), parts);
    this.#held.free(place, completedNs);
    if (this.#held.nextOfClosed(place)) {
      this.#lay(place);
      this.#thinking.push(place, this.#held.intendedNs(place));
    } else this.#free.add(place);
  }

  /** Four times a second at most: the one place of this loop that may allocate. */
  #sampleCpu(now: number): void {
    this.#time.wasAway(this.#parts.wakes.idleNs());
    this.#time.sample(now);
  }
}

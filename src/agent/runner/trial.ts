import { isNetwork } from '../../campaign/target-spec.ts';
import { shareCounts } from '../../scenarios/counts.ts';
import { endsWhenDone } from '../../scenarios/phase.ts';
import { shareArrivals } from '../../scenarios/schedule.ts';
import type { TargetFacts } from '../../targets/target.ts';
import { threadClock } from '../../time/monotonic.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import { type AlarmThread, startAlarms } from './alarm-start.ts';
import { Board } from './board.ts';
import { countUnfinished } from './closing.ts';
import { Collector } from './collector.ts';
import { Crew } from './crew.ts';
import { Fold } from './fold.ts';
import { Offers } from './offers.ts';
import { type PacingCpu, PacingCpuMeter } from './pacing-cpu.ts';
import { dealOf, type PlaceDeal } from './place-deal.ts';
import { Publisher } from './publisher.ts';
import type { SealedInterval } from './sealed-interval.ts';
import { TicketRing } from './ticket-ring.ts';
import { TicketSource } from './ticket-source.ts';
import { openTrace } from './trace-files.ts';
import { TrialClock } from './trial-clock.ts';
import { trialMemory } from './trial-memory.ts';
import { firstInstant } from './worker-task.ts';

/** What a trial is run with. */
export interface TrialParts {
  readonly spec: TrialSpec;
  /** The node's monotonic clock now: zero of the runner's own time line. */
  readonly origin: bigint;
  /** Module whose default export the pool calls on its threads. */
  readonly workerFile: string;
  /** Takes every sealed interval, in order; its tallies are taken back when this returns. */
  readonly onSealed: (interval: SealedInterval, pacing: PacingCpu) => void;
}

/** How a trial ended. */
export interface TrialEnd {
  /** Sequence number of the last interval. */
  readonly lastSeq: number;
  /** Workers that are still inside their target, serving or closing it: their threads must not be terminated. */
  readonly inFlight: number;
  /** The target was exchanged while it was measured; absent, null: it was not. */
  readonly change?: Error | null;
}

/** An interval is sealed this long after its end: time for a descheduled worker to write what it completed in it. */
const SEAL_GRACE_NS = 25e6;
const IDLE_TURN_MS = 15;
/** A worker that neither serves nor has left this long after the drain hangs in closing its target. */
const LEAVE_NS = 5e9;
/** A ring emptied or filled by more than this share in one turn: the next turn follows at once. */
const BUSY = 1 / 8;
/** Arrivals offered in one turn: a few milliseconds. */
const OFFERS_PER_TURN = 50_000;

/** One agent's share of one trial: prepared, armed, run to its end or its stop, drained, closed. */
export class Trial {
  readonly done: Promise<TrialEnd>;
  readonly #parts: TrialParts;
  readonly #deal: PlaceDeal;
  readonly #clock: TrialClock;
  readonly #board: Board;
  readonly #crew: Crew;
  readonly #fold: Fold;
  readonly #publisher: Publisher;
  readonly #offers: Offers;
  readonly #collector: Collector;
  readonly #cpu: PacingCpuMeter;
  readonly #ending = Promise.withResolvers<TrialEnd>();
  /** Null where workers sleep themselves. */
  #alarms: AlarmThread | null = null;
  /** Nothing starts from here on. */
  #stopNs = Number.POSITIVE_INFINITY;
  /** The stop was asked for; else the drain is over. */
  #wasStopped = false;

  constructor(parts: TrialParts) {
    const { spec, origin, workerFile } = parts;
    const deal = dealOf(spec);
    const memory = trialMemory(deal, spec.backlog);
    const arrivals = () => shareArrivals(spec.phases, spec.share, spec, openTrace);
    const tickets = new TicketSource(spec.phases, spec.share, deal.places, arrivals());
    this.#parts = parts;
    this.#deal = deal;
    this.#clock = new TrialClock(threadClock(origin));
    this.#board = new Board(memory.board);
    this.#fold = new Fold(spec, deal);
    this.#crew = new Crew({ trial: spec, deal, memory, origin, workerFile }, this.#fold.kinds);
    this.#publisher = new Publisher(tickets, new TicketRing(memory.tickets), this.#board);
    this.#offers = new Offers(arrivals(), spec.phases.length);
    this.#collector = new Collector(memory, deal, this.#fold, this.#crew);
    if (isNetwork(spec.target)) this.#alarms = startAlarms(memory.alarms, origin, this.#ending.reject);
    this.#cpu = new PacingCpuMeter(memory.board, deal.workers);
    this.done = this.#ending.promise;
    this.#crew.ended.catch(this.#ending.reject);
    this.#publisher.fill();
  }

  /** Resolves when every worker is ready; rejects with a `TargetRefused`, or the fault of a worker. */
  get opened(): Promise<TargetFacts> {
    return this.#crew.opened;
  }

  /** Instant 0 of the trial on the node's monotonic clock. Once. */
  arm(zero: bigint): void {
    const zeroNs = Number(zero - this.#parts.origin);
    this.#clock.arm(zeroNs);
    this.#board.arm(zeroNs);
    this.#turn();
  }

  /** Starts nothing at or after `atNs` of the trial, or now where that has passed; then waits for what is in flight. */
  stop(atNs: number): void {
    this.#stopNs = this.#board.stop(atNs, () => this.#clock.now());
    this.#wasStopped = true;
  }

  /** Ends the threads; only when nothing is in flight. */
  disband(): Promise<void> {
    return this.#crew.disband();
  }

  /** The main thread's work, again and again until the trial is closed. */
  readonly #turn = (): void => {
    try {
      const now = this.#clock.now();
      const drained = this.#collector.drain();
      const filled = this.#publisher.fill();
      if (drained > 0) this.#board.feed();
      const areOffered = this.#offers.until(Math.min(now, this.#stopNs), OFFERS_PER_TURN, this.#fold);
      if (areOffered) this.#sealUntil(now - SEAL_GRACE_NS);
      if (areOffered && this.#mayClose(now)) this.#close();
      else if (!areOffered || Math.max(drained, filled) > BUSY) setImmediate(this.#turn);
      else setTimeout(this.#turn, IDLE_TURN_MS);
    } catch (error) {
      this.#ending.reject(error);
    }
  };

  #sealUntil(untilNs: number): void {
    while (untilNs >= this.#fold.openEndNs) {
      for (const held of this.#collector.allHeld()) {
        if (!Number.isNaN(held.startNs)) this.#fold.running(held.place, held.phase, held.intendedNs, held.startNs);
      }
      this.#hand(this.#fold.seal());
    }
  }

  #hand(interval: SealedInterval): void {
    this.#parts.onSealed(interval, this.#cpu.read());
    this.#fold.recycle(interval);
  }

  #mayClose(now: number): boolean {
    if (this.#crew.stillThere === 0 && now >= Math.min(this.#endNs, this.#stopNs)) return true;
    if (now < this.#stopNs) {
      if (now >= this.#deadlineNs()) this.#stopNs = this.#board.stop(now, () => this.#clock.now());
      return false;
    }
    const drainedNs = Math.min(this.#stopNs + this.#parts.spec.drainNs, this.#deadlineNs());
    return now >= drainedNs && (this.#haveAllLeft() || now >= drainedNs + LEAVE_NS);
  }

  /** Every worker has left but for those inside their target: with a request in flight there. */
  #haveAllLeft(): boolean {
    for (let worker = 0; worker < this.#deal.workers; worker++) {
      if (!this.#crew.hasEnded(worker) && !this.#isInside(worker)) return false;
    }
    return true;
  }

  #isInside(worker: number): boolean {
    const { first, count } = this.#deal.of(worker);
    for (let place = first; place < first + count; place++) {
      const held = this.#collector.held(place);
      if (held !== null && !Number.isNaN(held.startNs)) return true;
    }
    return false;
  }

  get #endNs(): number {
    const last = this.#parts.spec.phases.at(-1);
    return last === undefined ? 0 : last.startNs + last.durationNs;
  }

  /** Until when what is left is waited for. A phase that ends when it is done goes on as long as it gets anywhere. */
  #deadlineNs(): number {
    const { phases, drainNs } = this.#parts.spec;
    const last = phases.at(-1);
    const isOpenEnded = last !== undefined && endsWhenDone(last);
    return drainNs + (isOpenEnded ? Math.max(this.#endNs, this.#collector.lastSettledNs) : this.#endNs);
  }

  #close(): void {
    const { spec } = this.#parts;
    const held = this.#collector.allHeld();
    const closeNs = Math.max(this.#clock.now(), this.#fold.openStartNs + 1, firstInstant(spec) + 1);
    while (!this.#offers.until(Math.min(closeNs, this.#stopNs), OFFERS_PER_TURN, this.#fold)) {
      // The next call goes on where this one left off.
    }
    this.#sealUntil(closeNs);
    countUnfinished({
      held,
      collector: this.#collector,
      publisher: this.#publisher,
      fold: this.#fold,
      spec,
      places: this.#deal.places,
      stopNs: Math.min(this.#stopNs, closeNs),
      closeNs,
    });
    const cancelled = shareCounts(spec.phases, spec.share).map((all, phase) => all - (this.#offers.counts[phase] ?? 0));
    this.#alarms?.close();
    const last = this.#fold.close(closeNs, this.#wasStopped ? this.#stopNs : null, cancelled);
    this.#hand(last);
    this.#ending.resolve({ lastSeq: last.seq, inFlight: this.#crew.stillThere, change: this.#crew.change });
  }
}

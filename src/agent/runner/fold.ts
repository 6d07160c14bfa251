import { endsWhenDone, type Phase } from '../../scenarios/phase.ts';
import { Outcome } from '../../stats/outcome.ts';
import { type LatencyLimit, Tally } from '../../stats/tally.ts';
import { NS_PER_S } from '../../time/ns.ts';
import { AnswerCounts } from './answer-counts.ts';
import { FailureKinds, failureClassOf } from './failure-kinds.ts';
import { OpenSecond } from './open-second.ts';
import { Overdue, type OverdueCounts } from './overdue.ts';
import type { PlaceDeal } from './place-deal.ts';
import type { RequestRecord } from './record-ring.ts';
import type { Closing, SealedInterval } from './sealed-interval.ts';
import { slotOf } from './slots.ts';

/** What a fold must know of its trial. */
export interface FoldSpec {
  readonly phases: readonly Phase[];
  readonly limits: readonly LatencyLimit[];
  /** Ages that outstanding requests are counted against at the end of every second. */
  readonly overdue: readonly LatencyLimit[];
  /** g: how long after its phase's end a completion is still in time. */
  readonly graceNs: number;
  readonly timeoutNs: number;
  readonly workers: number;
}

/** The places whose requests are folded; absent: one for each worker. */
export type FoldedPlaces = Pick<PlaceDeal, 'places' | 'workerOf'>;

const oneEach = (workers: number): FoldedPlaces => ({ places: workers, workerOf: (place) => place });

const NOTHING_OVERDUE: OverdueCounts = { overdue: [], lessLag: [] };

/** How a request is recognised as counted: its place's instants only ever ascend. */
const NEVER = Number.NaN;
/** Not started in time although its place was free for this long of its time: the harness's doing. */
const CLEARLY_FREE_NS = 1e6;

/**
 * Folds arrivals and records into sealed intervals of one second from the start of the first phase.
 *
 * Has no clock: whoever feeds it says when an interval may be sealed. Everything counts in the second in which it
 * happened; what becomes known after that was sealed counts in the first one that is not. Records come per place in
 * order, places in any order.
 */
export class Fold {
  readonly kinds = new FailureKinds();
  readonly #spec: FoldSpec;
  readonly #workerOf: (place: number) => number;
  readonly #answers: AnswerCounts;
  readonly #ends: Float64Array;
  readonly #closed: readonly boolean[];
  readonly #measured: readonly boolean[];
  readonly #notStartedThoughFree: Float64Array;
  /** The seconds that are not sealed yet, from the first. */
  readonly #open: OpenSecond[] = [];
  readonly #spare: Tally[] = [];
  readonly #fresh = (): Tally => this.#spare.pop() ?? new Tally(this.#spec.limits.length);
  /** Per place: instants of requests that were counted while they were still running. */
  readonly #startSeen: Float64Array;
  readonly #arrivalSeen: Float64Array;
  /** Per place: when its latest request would have been over, had the harness never been late. Never after it was. */
  readonly #punctualNs: Float64Array;
  /** Null where no age is counted. */
  readonly #overdue: Overdue | null;
  #seq = 0;
  #lastSettledNs = Number.NEGATIVE_INFINITY;
  /** Of all requests the one that was started first. */
  #firstStartNs = Number.POSITIVE_INFINITY;
  #beganLateNs = 0;
  #firstNs: number;
  #inFlight = 0;

  constructor(spec: FoldSpec, deal: FoldedPlaces = oneEach(spec.workers)) {
    this.#spec = spec;
    this.#workerOf = (place) => deal.workerOf(place);
    this.#answers = new AnswerCounts(spec.limits);
    this.#ends = Float64Array.from(spec.phases, inTimeUntil(spec.graceNs));
    this.#closed = spec.phases.map(({ load }) => load.kind === 'closed');
    this.#measured = spec.phases.map(({ purpose }) => purpose === 'measure');
    this.#notStartedThoughFree = new Float64Array(spec.phases.length);
    this.#startSeen = new Float64Array(deal.places).fill(NEVER);
    this.#arrivalSeen = new Float64Array(deal.places).fill(NEVER);
    this.#punctualNs = new Float64Array(deal.places).fill(Number.NEGATIVE_INFINITY);
    this.#firstNs = spec.phases[0]?.startNs ?? 0;
    this.#overdue = spec.overdue.length === 0 ? null : new Overdue(spec.overdue, deal.places, this.#firstNs);
  }

  /** Start and end of the interval that is sealed next. */
  get openStartNs(): number {
    return this.#firstNs;
  }

  get openEndNs(): number {
    return this.#firstNs + NS_PER_S;
  }

  /** An arrival of the schedule. Those of closed phases are known from their records. */
  offer(phase: number, atNs: number): void {
    const second = this.#at(atNs);
    second.offered[phase] = (second.offered[phase] as number) + 1;
    second.flow.arrive(atNs);
    if (this.#overdue !== null && this.#measured[phase] === true) this.#overdue.arrive(atNs);
  }

  /** A request that a place has in flight right now: to be told before sealing. */
  running(place: number, phase: number, intendedNs: number, startNs: number): void {
    if (this.#closed[phase] === true) this.#arriveClosed(place, phase, intendedNs);
    this.#begin(place, phase, startNs);
    this.#overdue?.running(intendedNs, startNs, this.#measured[phase] === true);
  }

  /** A settled request. */
  settle(place: number, record: RequestRecord): void {
    const { phase, startNs, outcome } = record;
    const wasStarted = !Number.isNaN(startNs);
    if (this.#closed[phase] === true) this.#arriveClosed(place, phase, record.intendedNs);
    if (wasStarted) {
      this.#begin(place, phase, startNs);
      this.#noteFirst(record);
    } else if (outcome === Outcome.timeout) this.#noteNotStarted(record);
    if (record.completedNs > this.#lastSettledNs) this.#lastSettledNs = record.completedNs;
    const second = this.#at(record.completedNs);
    this.#countSettled(second, record);
    this.#overdue?.settle(record, this.#measured[phase] === true);
    this.#tallySettled(second, record, wasStarted, wasStarted ? this.#punctual(place, record) : 0);
    const isSlowCandidate = wasStarted && outcome !== Outcome.unfinished && this.#measured[phase] === true;
    if (isSlowCandidate) second.slowest.consider(record);
    const failureClass = failureClassOf(outcome);
    if (failureClass !== null) {
      const kind = this.kinds.of(this.#workerOf(place), record.failure, failureClass);
      second.countFailure(phase, kind, record.completedNs);
    }
  }

  /** An event of a request in flight. */
  event({ phase, intendedNs, readyNs: sinceNs, completedNs: atNs }: RequestRecord): void {
    const slot = slotOf(this.#spec.phases[phase] as Phase, intendedNs);
    const tally = this.#at(atNs).tally(phase, slot, this.#fresh);
    this.#answers.event(tally, sinceNs, atNs);
  }

  /** A request that the closing of the trial left waiting though its place was free. */
  leaveUnstarted(phase: number): void {
    this.#notStartedThoughFree[phase] = (this.#notStartedThoughFree[phase] as number) + 1;
  }

  /** Seals the first open interval at its end. */
  seal(): SealedInterval {
    return this.#seal(this.openEndNs, null);
  }

  /** Seals the last interval of the trial at `endNs`, which must lie inside it. */
  close(endNs: number, stoppedNs: number | null, cancelled: readonly number[]): SealedInterval {
    const notStartedThoughFree = Array.from(this.#notStartedThoughFree);
    const lastSettledNs = Number.isFinite(this.#lastSettledNs) ? this.#lastSettledNs : null;
    const beganLateNs = Number.isFinite(this.#firstStartNs) ? this.#beganLateNs : null;
    return this.#seal(endNs, { stoppedNs, cancelled, notStartedThoughFree, lastSettledNs, beganLateNs });
  }

  /** Takes a sealed interval's memory back: nobody may look at its tallies any more. */
  recycle(interval: SealedInterval): void {
    for (const { tally } of interval.slots) {
      tally.clear();
      this.#spare.push(tally);
    }
  }

  #seal(endNs: number, closing: Closing | null): SealedInterval {
    const second = this.#at(this.#firstNs);
    const inFlightS = second.flow.integral(this.#inFlight, endNs);
    this.#inFlight += second.flow.arrived - second.flow.settled;
    this.#open.shift();
    this.#firstNs = endNs;
    return {
      seq: this.#seq++,
      startNs: second.startNs,
      endNs,
      slots: second.slots(),
      phases: second.events(),
      failures: second.failures().map(({ kind, ...count }) => ({ ...this.kinds.kind(kind), ...count })),
      slowest: second.slowest.list(),
      inFlight: this.#inFlight,
      overdue: this.#overdue?.seal() ?? NOTHING_OVERDUE,
      inFlightS,
      settledS: second.settledNs / NS_PER_S,
      closing,
    };
  }

  /** The open second that holds an instant; the first one for anything before it. */
  #at(instantNs: number): OpenSecond {
    const index = Math.max(0, Math.floor((instantNs - this.#firstNs) / NS_PER_S));
    while (this.#open.length <= index) {
      const startNs = this.#firstNs + this.#open.length * NS_PER_S;
      this.#open.push(new OpenSecond(startNs, this.#spec.phases.length));
    }
    return this.#open[index] as OpenSecond;
  }

  #arriveClosed(place: number, phase: number, intendedNs: number): void {
    if (this.#arrivalSeen[place] === intendedNs) return;
    this.#arrivalSeen[place] = intendedNs;
    this.offer(phase, intendedNs);
  }

  #begin(place: number, phase: number, startNs: number): void {
    if (this.#startSeen[place] === startNs) return;
    this.#startSeen[place] = startNs;
    const second = this.#at(startNs);
    second.started[phase] = (second.started[phase] as number) + 1;
  }

  #noteFirst({ intendedNs, startNs }: RequestRecord): void {
    if (startNs >= this.#firstStartNs) return;
    this.#firstStartNs = startNs;
    this.#beganLateNs = startNs - intendedNs;
  }

  #noteNotStarted(record: RequestRecord): void {
    const leftNs = record.intendedNs + this.#spec.timeoutNs - record.readyNs;
    if (leftNs > CLEARLY_FREE_NS) this.leaveUnstarted(record.phase);
  }

  #countSettled(second: OpenSecond, record: RequestRecord): void {
    const counter = record.outcome === Outcome.ok ? second.achieved : second.failed;
    counter[record.phase] = (counter[record.phase] as number) + 1;
    second.flow.settle(record.completedNs);
    second.settledNs += record.completedNs - record.intendedNs;
  }

  /**
   * Response time without the harness's lag: its own, and what its place still owed of earlier ones. A late start delays
   * every request that then waits for the place; those waits are the harness's doing too. Lindley's recursion on the
   * services as they were, ready' = max(intended, the punctual end of the request before).
   */
  #punctual(place: number, { intendedNs, startNs, completedNs }: RequestRecord): number {
    const readyNs = Math.min(startNs, Math.max(intendedNs, this.#punctualNs[place] as number));
    const overNs = readyNs + (completedNs - startNs);
    this.#punctualNs[place] = overNs;
    return overNs - intendedNs;
  }

  #tallySettled(second: OpenSecond, record: RequestRecord, wasStarted: boolean, lessLagNs: number): void {
    const phase = this.#spec.phases[record.phase] as Phase;
    const tally = second.tally(record.phase, slotOf(phase, record.intendedNs), this.#fresh);
    tally.outcomes[record.outcome] = (tally.outcomes[record.outcome] as number) + 1;
    if (wasStarted) {
      tally.started++;
      tally.lag.record(record.startNs - record.readyNs);
    }
    if (record.outcome !== Outcome.ok) return;
    const withinAll = this.#answers.ok(tally, record, lessLagNs);
    if (record.completedNs > (this.#ends[record.phase] as number)) return;
    tally.inTime++;
    if (withinAll) tally.good++;
  }
}

/** Until when a completion of a phase is in time; one that ends when it is done has no end of its own. */
const inTimeUntil =
  (graceNs: number) =>
  (phase: Phase): number =>
    endsWhenDone(phase) ? Number.POSITIVE_INFINITY : phase.startNs + phase.durationNs + graceNs;

import { executorName } from '../../scenarios/k6/executors.ts';
import { Ticks } from '../../scenarios/k6/ticks.ts';
import { Outcome } from '../../stats/outcome.ts';
import { NS_PER_S } from '../../time/ns.ts';
import type { K6TrialSpec } from '../../wire/trial-spec.ts';
import { Fold } from '../runner/fold.ts';
import { emptyRecord, type RequestRecord } from '../runner/record-ring.ts';
import type { SealedInterval } from '../runner/sealed-interval.ts';
import { type K6Frame, type K6Iteration, K6Outcome } from './frames.ts';

/**
 * Keeps the account of one k6: what it was to offer by its schedule against what it says of every tick. A tick has no
 * intended start in k6, so an iteration stands where it started, and its response time is its service time.
 *
 * Has no clock: whoever feeds it says when a second may be sealed.
 */
export class K6Account {
  readonly #spec: K6TrialSpec;
  readonly #fold: Fold;
  /** Per phase; null where arrivals follow from completions. */
  readonly #offers: readonly (Offer | null)[];
  readonly #settled: number[];
  /** By k6's number of a scenario. */
  readonly #phaseOf = new Map<number, number>();
  readonly #failures = new Map<number, Extract<K6Frame, { kind: 'failure' }>>();
  readonly #record: RequestRecord = emptyRecord();
  /** By the ages of the specification. */
  readonly #overdue: readonly OlderThan[];
  #place = 0;
  /** How much later than planned the first phase began. */
  #shiftNs = Number.POSITIVE_INFINITY;
  #stopNs = Number.POSITIVE_INFINITY;

  constructor(spec: K6TrialSpec) {
    const { phases, share, target } = spec;
    this.#spec = spec;
    this.#fold = new Fold(spec, { places: PLACES, workerOf: () => 0 });
    this.#offers = phases.map((phase) =>
      phase.load.kind === 'open' ? new Offer(new Ticks(phase, share, target.vus)) : null,
    );
    this.#settled = phases.map(() => 0);
    this.#overdue = spec.overdue.map(({ limitNs }) => new OlderThan(limitNs, spec));
  }

  get openEndNs(): number {
    return this.#fold.openEndNs;
  }

  define(frame: Extract<K6Frame, { kind: 'scenario' | 'failure' }>): void {
    if (frame.kind === 'failure') {
      this.#failures.set(frame.id, frame);
      const failureClass = frame.outcome === K6Outcome.failedCheck ? 'wrong-output' : classOf(frame.code);
      this.#fold.kinds.define(0, frame.id, { class: failureClass, code: frame.code, message: frame.message });
      return;
    }
    const phase = this.#spec.phases.findIndex((_, index) => executorName(index) === frame.name);
    const own = this.#spec.target.options === 'own';
    if (own || phase >= 0) this.#phaseOf.set(frame.id, own ? 0 : phase);
  }

  /** The phase that a scenario's iterations belong to; undefined: none, as of a set-up. */
  phaseOf(scenario: number): number | undefined {
    return this.#phaseOf.get(scenario);
  }

  /** `atNs`: when it started, or was dropped or interrupted, on the trial's time line. */
  settle(iteration: K6Iteration, atNs: number): void {
    const phase = this.#phaseOf.get(iteration.scenario);
    if (phase === undefined) return;
    const record = this.#record;
    const isStarted = iteration.outcome !== K6Outcome.dropped && iteration.outcome !== K6Outcome.interrupted;
    record.phase = phase;
    record.seq = this.#settled[phase] as number;
    record.intendedNs = atNs;
    record.readyNs = atNs;
    record.startNs = isStarted ? atNs : Number.NaN;
    record.completedNs = atNs + (isStarted ? iteration.durationNs : 0);
    record.outcome = this.#outcomeOf(iteration);
    record.failure = record.outcome === Outcome.timeout || record.outcome === Outcome.ok ? 0 : iteration.failure;
    this.#take(record);
    this.#noteLate(phase, atNs);
  }

  /**
   * k6 fires late ticks as soon as it can and records no lateness: what begins only after its phase is over was not
   * started in time though a virtual user was free. All phases begin later where a set-up runs first.
   */
  #noteLate(index: number, atNs: number): void {
    const phase = this.#spec.phases[index];
    if (phase === undefined || phase.load.kind !== 'open') return;
    if (index === 0) this.#shiftNs = Math.min(this.#shiftNs, Math.max(0, atNs - phase.startNs));
    const shiftNs = Number.isFinite(this.#shiftNs) ? this.#shiftNs : 0;
    if (atNs - shiftNs >= phase.startNs + phase.durationNs + LATE_NS) this.#fold.leaveUnstarted(index);
  }

  /** Up to `nowNs` of the trial what is to be offered has been. */
  offerUntil(nowNs: number): void {
    const until = Math.min(nowNs, this.#stopNs);
    for (const [phase, offer] of this.#offers.entries()) {
      offer?.until(until - (this.#spec.phases[phase]?.startNs ?? 0));
    }
  }

  stop(atNs: number): void {
    this.#stopNs = atNs;
  }

  /** Seals the second that is open. */
  seal(): SealedInterval {
    this.offerUntil(this.#fold.openEndNs);
    const endNs = this.#fold.openEndNs;
    return this.#withOffers(this.#fold.seal(), endNs);
  }

  /**
   * Seals the last one: what was to be offered and of which k6 said nothing was not started although a place was free,
   * what was interrupted is unfinished.
   */
  close(endNs: number, stoppedNs: number | null): SealedInterval {
    this.offerUntil(this.#stopNs === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : this.#stopNs);
    for (const [phase, offer] of this.#offers.entries()) {
      const missing = offer === null ? 0 : offer.count - (this.#settled[phase] as number);
      for (let i = 0; i < missing; i++) this.#leave(phase, endNs, stoppedNs !== null);
    }
    const cancelled = this.#offers.map((offer) => offer?.left() ?? 0);
    const last = this.#fold.close(endNs, stoppedNs, cancelled);
    return this.#withOffers(last, endNs);
  }

  recycle(interval: SealedInterval): void {
    this.#fold.recycle(interval);
  }

  /** A tick that k6 did not speak of: it never fired, or, where k6 was stopped, it may have been cut off with it. */
  #leave(phase: number, endNs: number, wasStopped: boolean): void {
    const { startNs, durationNs } = this.#spec.phases[phase] as K6TrialSpec['phases'][number];
    const record = this.#record;
    record.phase = phase;
    record.intendedNs = Math.min(endNs - 1, startNs + durationNs - 1);
    record.readyNs = record.intendedNs;
    record.startNs = Number.NaN;
    record.completedNs = endNs - 1;
    record.outcome = Outcome.unfinished;
    record.failure = 0;
    this.#take(record);
    if (!wasStopped) this.#fold.leaveUnstarted(phase);
  }

  #take(record: RequestRecord): void {
    const { phase } = record;
    this.#settled[phase] = (this.#settled[phase] as number) + 1;
    this.#place = (this.#place + 1) % PLACES;
    if (this.#offers[phase] !== null) this.#fold.offer(phase, record.intendedNs);
    this.#fold.settle(this.#place, record);
    if (this.#spec.phases[phase]?.purpose === 'measure') for (const age of this.#overdue) age.settle(record.intendedNs);
  }

  #outcomeOf({ outcome, durationNs, failure }: K6Iteration): Outcome {
    switch (outcome) {
      case K6Outcome.dropped:
        return Outcome.shed;
      case K6Outcome.interrupted:
        return Outcome.unfinished;
      case K6Outcome.exception:
        return classOf(this.#failures.get(failure)?.code ?? '') === 'rejected' ? Outcome.rejected : Outcome.targetError;
      case K6Outcome.failedCheck:
        return Outcome.wrongOutput;
      default:
        return this.#spec.target.options === 'scenario' && durationNs > this.#spec.timeoutNs
          ? Outcome.timeout
          : Outcome.ok;
    }
  }

  /** What is offered stands by the schedule, not by what has come back of it. */
  #withOffers(sealed: SealedInterval, endNs: number): SealedInterval {
    const counts = new Map(sealed.phases.map((events) => [events.phase, events]));
    let ticks = 0;
    let settled = 0;
    for (const [phase, offer] of this.#offers.entries()) {
      if (offer === null) continue;
      const offered = offer.take();
      ticks += offer.count;
      settled += this.#settled[phase] as number;
      const known = counts.get(phase) ?? { phase, offered: 0, started: 0, achieved: 0, failed: 0 };
      if (offered > 0 || counts.has(phase)) counts.set(phase, { ...known, offered });
    }
    const older = this.#overdue.map((age) => age.outstanding(endNs, this.#stopNs));
    return {
      ...sealed,
      phases: [...counts.values()],
      inFlight: Math.max(sealed.inFlight, ticks - settled),
      overdue: older.length === 0 ? sealed.overdue : { overdue: older, lessLag: older },
    };
  }
}

/** More than iterations that ever share an instant: places are told apart by it. */
const PLACES = 64;

/** So late may a tick at the end of its phase be: a release and a timer on a busy machine. */
const LATE_NS = 100e6;

const classOf = (code: string): 'rejected' | 'target-error' => (code === 'Rejected' ? 'rejected' : 'target-error');

/** What is to be offered of a phase, and what of it a second has not told yet. */
class Offer {
  count = 0;
  #untold = 0;
  readonly #ticks: Ticks;

  constructor(ticks: Ticks) {
    this.#ticks = ticks;
  }

  until(inPhaseNs: number): void {
    const more = this.#ticks.until(inPhaseNs);
    this.count += more;
    this.#untold += more;
  }

  take(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }

  /** Ticks that were never to be offered. */
  left(): number {
    return this.#ticks.until(Number.POSITIVE_INFINITY);
  }
}

/** Ticks of measure phases that are older than an age at the end of a second and not settled. */
class OlderThan {
  readonly #limitNs: number;
  readonly #ticks: readonly { readonly startNs: number; readonly ticks: Ticks }[];
  /** Settled ones by the second at whose end they would have come of age. */
  readonly #bySecond = new Map<number, number>();
  #intended = 0;
  #settled = 0;

  constructor(limitNs: number, { phases, share, target }: K6TrialSpec) {
    this.#limitNs = limitNs;
    this.#ticks = phases
      .filter(({ purpose, load }) => purpose === 'measure' && load.kind === 'open')
      .map((phase) => ({ startNs: phase.startNs, ticks: new Ticks(phase, share, target.vus) }));
  }

  settle(startNs: number): void {
    const second = Math.ceil((startNs + this.#limitNs) / NS_PER_S);
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + 1);
  }

  outstanding(endNs: number, stopNs: number): number {
    const bornBefore = Math.min(endNs - this.#limitNs, stopNs);
    for (const { startNs, ticks } of this.#ticks) this.#intended += ticks.until(bornBefore - startNs);
    for (const [second, count] of this.#bySecond) {
      if (second * NS_PER_S > endNs) continue;
      this.#settled += count;
      this.#bySecond.delete(second);
    }
    return Math.max(0, this.#intended - this.#settled);
  }
}

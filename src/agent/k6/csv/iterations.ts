import { type K6Frame, type K6Iteration, K6Outcome, THROWN_METRIC } from '../frames.ts';
import { reasonOf, type Thrown } from './thrown.ts';

/** An iteration that has ended and may still turn out to have thrown. */
interface Ended {
  readonly endNs: bigint;
  iteration: K6Iteration;
}

/**
 * How long an iteration waits for an exception that only k6's log tells of, such an exception for the sample that says whose
 * it is, and for an iteration.
 */
const SETTLE_AFTER_NS = 400_000_000n;
const GUESS_AFTER_NS = 200_000_000n;
const ORPHAN_AFTER_NS = 5_000_000_000n;
const MOST_FAILURES = 1000;

/** An exception that a sample told of. */
interface ToldException {
  readonly message: string;
  readonly endNs: bigint;
}

/** What a sample says of an iteration. */
export interface IterationSample {
  readonly metric: string;
  readonly scenario: string;
  /** Of a check. */
  readonly check: string;
  /** Number of the virtual user; empty: none. */
  readonly vu: string;
  /** What was thrown; empty of all but {@link THROWN_METRIC}. */
  readonly thrown: string;
  readonly atNs: bigint;
  readonly value: number;
}

/**
 * What became of every tick of k6's executors, from samples and its log, by the rules of `k6/output/iterations.go`: a failed
 * check and an exception belong to the iteration of their virtual user, traffic without a duration to one that was
 * interrupted. An exception that only the log tells of is given to the iteration of its scenario that ended last before.
 */
export class ToldIterations {
  readonly #scenarios = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** By scenario, in the order in which they came. */
  readonly #open = new Map<string, Ended[]>();
  /** By virtual user: the first check that its present iteration failed. */
  readonly #failedCheck = new Map<string, string>();
  /** By virtual user: what its present iteration threw. */
  readonly #threw = new Map<string, string>();
  /** By scenario: exceptions that samples told of and the log has not yet. */
  readonly #told = new Map<string, readonly ToldException[]>();
  /** By virtual user: the iteration whose traffic was told and whose duration was not. */
  readonly #ran = new Map<string, { readonly scenario: string; readonly atNs: bigint }>();
  #waiting: readonly Thrown[] = [];
  #news: Thrown[] = [];
  #frames: K6Frame[] = [];
  #settled: K6Iteration[] = [];
  orphans = 0;

  add(sample: IterationSample): void {
    switch (sample.metric) {
      case 'data_sent':
        if (sample.vu === '' || sample.scenario === '') return;
        this.#interrupt(sample.vu);
        this.#ran.set(sample.vu, sample);
        return;
      case 'iteration_duration':
        this.#end(sample);
        return;
      case 'checks':
        if (sample.value === 0 && sample.vu !== '' && !this.#failedCheck.has(sample.vu))
          this.#failedCheck.set(sample.vu, sample.check);
        return;
      case THROWN_METRIC:
        this.#threw.set(sample.vu, sample.thrown);
        return;
      case 'dropped_iterations':
        for (let i = 0; i < sample.value; i++) this.#settle(sample.scenario, sample.atNs, 0, K6Outcome.dropped);
    }
  }

  hear(thrown: readonly Thrown[]): void {
    this.#news.push(...thrown);
  }

  /** What can no longer have thrown by `nowNs`, with what it calls things by. */
  take(nowNs: bigint): readonly K6Frame[] {
    return this.#match({
      settle: nowNs - SETTLE_AFTER_NS,
      guess: nowNs - GUESS_AFTER_NS,
      orphan: nowNs - ORPHAN_AFTER_NS,
    });
  }

  /** All that is left. */
  takeRest(): readonly K6Frame[] {
    const late = BigInt(Number.MAX_SAFE_INTEGER) * 1000n;
    for (const vu of [...this.#ran.keys()]) this.#interrupt(vu);
    return this.#match({ settle: late, guess: late, orphan: late });
  }

  /** What is older than each instant. */
  #match(before: { readonly settle: bigint; readonly guess: bigint; readonly orphan: bigint }): readonly K6Frame[] {
    const heard = [...this.#waiting, ...this.#news];
    this.#news = [];
    this.#waiting = heard.filter((thrown) => {
      if (this.#wasTold(thrown)) return false;
      if (thrown.atNs < before.guess && (this.#isToldOtherwise(thrown) || this.#give(thrown))) return false;
      if (thrown.atNs >= before.orphan) return true;
      this.orphans++;
      return false;
    });
    for (const [scenario, told] of this.#told)
      if (told.some(({ endNs }) => endNs < before.orphan))
        this.#told.set(
          scenario,
          told.filter(({ endNs }) => endNs >= before.orphan),
        );
    for (const [scenario, open] of this.#open) {
      for (const { iteration, endNs } of open) if (endNs < before.settle) this.#settled.push(iteration);
      this.#open.set(
        scenario,
        open.filter(({ endNs }) => endNs >= before.settle),
      );
    }
    const frames = this.#frames;
    if (this.#settled.length > 0) frames.push({ kind: 'iterations', iterations: this.#settled });
    this.#frames = [];
    this.#settled = [];
    return frames;
  }

  /** Takes off an exception that a sample told of in the same words. */
  #wasTold({ scenario, message }: Thrown): boolean {
    return this.#takeOff(scenario, (told) => told.message === message);
  }

  /** Takes off one that a sample told of in words that the log never had: they are held to be the same. */
  #isToldOtherwise({ scenario, atNs }: Thrown): boolean {
    return this.#takeOff(scenario, ({ endNs }) => endNs <= atNs);
  }

  #takeOff(scenario: string, isMeant: (told: ToldException) => boolean): boolean {
    const told = this.#told.get(scenario) ?? [];
    const at = told.findIndex(isMeant);
    if (at >= 0) this.#told.set(scenario, told.toSpliced(at, 1));
    return at >= 0;
  }

  #give({ scenario, atNs, code, message }: Thrown): boolean {
    let best: Ended | null = null;
    for (const each of this.#open.get(scenario) ?? []) {
      const isFree = each.iteration.outcome !== K6Outcome.exception && each.endNs <= atNs;
      if (isFree && (best === null || each.endNs > best.endNs)) best = each;
    }
    if (best === null) return false;
    const failure = this.#failure(K6Outcome.exception, code, message);
    best.iteration = { ...best.iteration, outcome: K6Outcome.exception, failure };
    return true;
  }

  #end({ scenario, vu, atNs, value }: IterationSample): void {
    const durationNs = Math.round(value * 1e6);
    const id = this.#scenario(scenario);
    const ended = this.#outcome(vu, scenario, atNs);
    this.#forget(vu);
    const iteration = { ...ended, scenario: id, startNs: atNs - BigInt(durationNs), durationNs };
    const open = this.#open.get(scenario) ?? [];
    this.#open.set(scenario, open);
    open.push({ endNs: atNs, iteration });
  }

  /** Of the iteration that a virtual user has ended; an exception weighs more than a check. */
  #outcome(vu: string, scenario: string, endNs: bigint): Pick<K6Iteration, 'outcome' | 'failure'> {
    const thrown = this.#threw.get(vu);
    const check = this.#failedCheck.get(vu);
    if (thrown !== undefined) {
      const { code, message } = reasonOf(thrown);
      this.#told.set(scenario, [...(this.#told.get(scenario) ?? []), { message, endNs }]);
      return { outcome: K6Outcome.exception, failure: this.#failure(K6Outcome.exception, code, message) };
    }
    if (check === undefined) return { outcome: K6Outcome.ok, failure: 0 };
    const failure = this.#failure(K6Outcome.failedCheck, 'check', `failed check: ${check}`);
    return { outcome: K6Outcome.failedCheck, failure };
  }

  #forget(vu: string): void {
    this.#ran.delete(vu);
    this.#failedCheck.delete(vu);
    this.#threw.delete(vu);
  }

  #interrupt(vu: string): void {
    const last = this.#ran.get(vu);
    if (last === undefined) return;
    this.#forget(vu);
    this.#settle(last.scenario, last.atNs, 0, K6Outcome.interrupted);
  }

  #settle(scenario: string, startNs: bigint, durationNs: number, outcome: number): void {
    this.#settled.push({ scenario: this.#scenario(scenario), failure: 0, outcome, startNs, durationNs });
  }

  #scenario(name: string): number {
    const known = this.#scenarios.get(name);
    if (known !== undefined) return known;
    const id = this.#scenarios.size;
    this.#scenarios.set(name, id);
    this.#frames.push({ kind: 'scenario', id, name });
    return id;
  }

  /** Numbers kinds of failure from 1; what is above the bound is not told apart. */
  #failure(outcome: number, code: string, message: string): number {
    const key = `${outcome} ${outcome === K6Outcome.failedCheck ? message : code}`;
    const known = this.#failures.get(key);
    if (known !== undefined) return known;
    if (this.#failures.size >= MOST_FAILURES) return 0;
    const id = this.#failures.size + 1;
    this.#failures.set(key, id);
    this.#frames.push({ kind: 'failure', id, outcome, code, message });
    return id;
  }
}

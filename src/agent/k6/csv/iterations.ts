import { type K6Frame, type K6Iteration, K6Outcome } from '../frames.ts';
import type { Thrown } from './thrown.ts';

/** An iteration that has ended and may still turn out to have thrown. */
interface Ended {
  readonly endNs: bigint;
  iteration: K6Iteration;
}

/** How long an iteration waits for the exception that it threw, and an exception for its iteration. */
const SETTLE_AFTER_NS = 300_000_000n;
const ORPHAN_AFTER_NS = 5_000_000_000n;
const MOST_FAILURES = 1000;

/** What a sample says of an iteration. */
export interface IterationSample {
  readonly metric: string;
  readonly scenario: string;
  /** Of a check. */
  readonly check: string;
  /** Number of the virtual user; empty: none. */
  readonly vu: string;
  readonly atNs: bigint;
  readonly value: number;
}

/**
 * What became of every tick of k6's executors, from samples and exceptions, by the rules of `k6/output/iterations.go`: a
 * failed check belongs to the iteration of its virtual user, traffic without a duration to one that was interrupted, and an
 * exception to the iteration of its scenario that ended last before.
 *
 * Here an exception stands at the instant at which its line was read, some milliseconds after it was thrown: counts are
 * exact, and which of the iterations that ended within these milliseconds threw may be taken for another.
 */
export class ToldIterations {
  readonly #scenarios = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** By scenario, in the order in which they came. */
  readonly #open = new Map<string, Ended[]>();
  /** By virtual user: the first check that its present iteration failed. */
  readonly #failedCheck = new Map<string, string>();
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
      case 'dropped_iterations':
        for (let i = 0; i < sample.value; i++) this.#settle(sample.scenario, sample.atNs, 0, K6Outcome.dropped);
    }
  }

  hear(thrown: readonly Thrown[]): void {
    this.#news.push(...thrown);
  }

  /** What can no longer have thrown by `nowNs`, with what it calls things by. */
  take(nowNs: bigint): readonly K6Frame[] {
    return this.#match(nowNs - SETTLE_AFTER_NS, nowNs - ORPHAN_AFTER_NS);
  }

  /** All that is left. */
  takeRest(): readonly K6Frame[] {
    const late = BigInt(Number.MAX_SAFE_INTEGER) * 1000n;
    for (const vu of [...this.#ran.keys()]) this.#interrupt(vu);
    return this.#match(late, late);
  }

  #match(settleBefore: bigint, orphanBefore: bigint): readonly K6Frame[] {
    const heard = [...this.#waiting, ...this.#news];
    this.#news = [];
    this.#waiting = heard.filter((thrown) => {
      if (this.#give(thrown)) return false;
      if (thrown.atNs >= orphanBefore) return true;
      this.orphans++;
      return false;
    });
    for (const [scenario, open] of this.#open) {
      for (const { iteration, endNs } of open) if (endNs < settleBefore) this.#settled.push(iteration);
      this.#open.set(
        scenario,
        open.filter(({ endNs }) => endNs >= settleBefore),
      );
    }
    const frames = this.#frames;
    if (this.#settled.length > 0) frames.push({ kind: 'iterations', iterations: this.#settled });
    this.#frames = [];
    this.#settled = [];
    return frames;
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
    const check = this.#failedCheck.get(vu);
    this.#ran.delete(vu);
    this.#failedCheck.delete(vu);
    const failed = check === undefined ? 0 : this.#failure(K6Outcome.failedCheck, 'check', `failed check: ${check}`);
    const iteration = {
      scenario: this.#scenario(scenario),
      failure: failed,
      outcome: check === undefined ? K6Outcome.ok : K6Outcome.failedCheck,
      startNs: atNs - BigInt(durationNs),
      durationNs,
    };
    const open = this.#open.get(scenario) ?? [];
    this.#open.set(scenario, open);
    open.push({ endNs: atNs, iteration });
  }

  #interrupt(vu: string): void {
    const last = this.#ran.get(vu);
    if (last === undefined) return;
    this.#ran.delete(vu);
    this.#failedCheck.delete(vu);
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

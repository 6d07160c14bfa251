import type { LatencyLimit } from '../../stats/tally.ts';
import { NS_PER_S } from '../../time/ns.ts';
import type { RequestRecord } from './record-ring.ts';

/** Requests that were older than each limit at the end of a second and not settled. */
export interface OverdueCounts {
  readonly overdue: readonly number[];
  /** Without those that waited although a place was free: what the target alone owes. */
  readonly lessLag: readonly number[];
}

/**
 * Counts, per limit, the requests of measure phases that are older than it at the end of a second and not settled. As
 * response: since they were intended; as wait: that have waited so long; as service: that have run so long.
 *
 * Every request changes a count twice, in the seconds in which it comes of age and in which it settles: nothing is looked
 * at again, however many are waiting. What becomes known after its second was sealed counts from the first open one.
 */
export class Overdue {
  readonly #limits: readonly LatencyLimit[];
  readonly #places: number;
  readonly #ages: readonly Running[];
  readonly #busy = new Running();
  /** Start of the first second that is not sealed. */
  #firstNs: number;

  constructor(limits: readonly LatencyLimit[], places: number, firstNs: number) {
    this.#limits = limits;
    this.#places = places;
    this.#ages = limits.map(() => new Running());
    this.#firstNs = firstNs;
  }

  /** An arrival of a measure phase. */
  arrive(intendedNs: number): void {
    for (let i = 0; i < this.#limits.length; i++) {
      const { metric, limitNs } = this.#limits[i] as LatencyLimit;
      if (metric !== 'service') this.#age(i).change(this.#firstEndFrom(intendedNs + limitNs), 1);
    }
  }

  /** A settled request; `isMeasured`: of a measure phase. */
  settle(record: RequestRecord, isMeasured: boolean): void {
    const settled = this.#secondOf(record.completedNs);
    const { startNs } = record;
    const wasStarted = !Number.isNaN(startNs);
    if (wasStarted) this.#busy.during(this.#firstEndFrom(startNs), settled);
    if (!isMeasured) return;
    for (let i = 0; i < this.#limits.length; i++) this.#leave(i, record, settled, wasStarted);
  }

  /** A request that a place has in flight right now: to be told before sealing. */
  running(intendedNs: number, startNs: number, isMeasured: boolean): void {
    const endNs = this.#firstNs + NS_PER_S;
    if (startNs > endNs) return;
    this.#busy.now++;
    if (!isMeasured) return;
    for (let i = 0; i < this.#limits.length; i++) {
      const { metric, limitNs } = this.#limits[i] as LatencyLimit;
      const hasWaitedLess = startNs - intendedNs < limitNs;
      if (metric === 'wait' && hasWaitedLess && intendedNs + limitNs <= endNs) this.#age(i).now--;
      if (metric === 'service' && startNs + limitNs <= endNs) this.#age(i).now++;
    }
  }

  /** At the end of the first open second, which is over with this. */
  seal(): OverdueCounts {
    this.#firstNs += NS_PER_S;
    const busy = this.#busy.seal();
    const overdue = this.#ages.map((age) => age.seal());
    const lessLag = overdue.map((count, i) =>
      this.#limits[i]?.metric === 'response' && busy < this.#places ? Math.min(count, busy) : count,
    );
    return { overdue, lessLag };
  }

  #leave(i: number, { intendedNs, startNs }: RequestRecord, settled: number, wasStarted: boolean): void {
    const { metric, limitNs } = this.#limits[i] as LatencyLimit;
    if (metric === 'service') {
      if (wasStarted) this.#age(i).during(this.#firstEndFrom(startNs + limitNs), settled);
      return;
    }
    const cameOfAge = this.#firstEndFrom(intendedNs + limitNs);
    const hasWaitedLess = metric === 'wait' && wasStarted && startNs - intendedNs < limitNs;
    this.#age(i).change(hasWaitedLess ? cameOfAge : Math.max(cameOfAge, settled), -1);
  }

  #age(i: number): Running {
    return this.#ages[i] as Running;
  }

  /** The first open second at whose end `atNs` has come. */
  #firstEndFrom(atNs: number): number {
    return Math.max(0, Math.ceil((atNs - this.#firstNs) / NS_PER_S) - 1);
  }

  #secondOf(atNs: number): number {
    return Math.max(0, Math.floor((atNs - this.#firstNs) / NS_PER_S));
  }
}

/** A count that changes from second to second. */
class Running {
  /** Of requests that are seen at the end of the first open second only. */
  now = 0;
  #count = 0;
  /** Per open second. */
  readonly #changes: number[] = [];

  change(second: number, by: number): void {
    while (this.#changes.length <= second) this.#changes.push(0);
    this.#changes[second] = (this.#changes[second] as number) + by;
  }

  /** One more at the ends of the seconds [from, until). */
  during(from: number, until: number): void {
    if (from >= until) return;
    this.change(from, 1);
    this.change(until, -1);
  }

  seal(): number {
    this.#count += this.#changes.shift() ?? 0;
    const count = this.#count + this.now;
    this.now = 0;
    return count;
  }
}

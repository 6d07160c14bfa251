import type { Phase } from '../scenarios/phase.ts';
import { Outcome } from '../stats/outcome.ts';
import { NS_PER_MS, NS_PER_S } from '../time/ns.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { lengthOf } from '../wire/interval-merge.ts';

/** Mean response of a trial's warm-up, second by second of completion: a warm-up is one slot, so its slots do not tell. */
export class WarmupMeans {
  readonly #phases: readonly Phase[];
  readonly #seconds: { ok: number; sumNs: number }[] = [];

  constructor(phases: readonly Phase[]) {
    this.#phases = phases;
  }

  /** Intervals of the fleet in any order, each once. */
  add(interval: Interval): void {
    for (const { phase, outcomes, response } of interval.slots) {
      if (this.#phases[phase]?.purpose !== 'warmup') continue;
      this.#addTo(interval, outcomes[Outcome.ok] ?? 0, response?.sumNs ?? 0);
    }
  }

  /** Seconds that were merged have one mean. */
  #addTo(interval: Interval, ok: number, sumNs: number): void {
    const length = lengthOf(interval);
    for (let index = 0; index < length; index++) {
      const second = this.#secondAt(Number(interval.startNs) + index * NS_PER_S);
      second.ok += ok / length;
      second.sumNs += sumNs / length;
    }
  }

  /** Milliseconds; null: no ok request completed in that second. */
  means(): (number | null)[] {
    return this.#seconds.map(({ ok, sumNs }) => (ok === 0 ? null : sumNs / ok / NS_PER_MS));
  }

  /** Instants are whole nanoseconds times small fractions, hence the half nanosecond. */
  #secondAt(atNs: number): { ok: number; sumNs: number } {
    const index = Math.max(0, Math.floor((atNs - (this.#phases[0]?.startNs ?? 0) + 0.5) / NS_PER_S));
    while (this.#seconds.length <= index) this.#seconds.push({ ok: 0, sumNs: 0 });
    return this.#seconds[index] as { ok: number; sumNs: number };
  }
}

import type { SamplerCost } from '../../wire/telemetry-codec.ts';

/** What the process has used, and when. */
export interface Usage {
  readonly cpuS: number;
  readonly atNs: number;
}

/** How late ticks began and what the sampler cost, since it was asked last. */
export class Lateness {
  #late: number[] = [];
  #since: Usage;

  constructor(since: Usage) {
    this.#since = since;
  }

  tick(lateNs: number): void {
    this.#late.push(Math.max(0, lateNs));
  }

  cost(now: Usage): SamplerCost {
    const sorted = this.#late.toSorted((a, b) => a - b);
    const cost: SamplerCost = {
      cpuS: now.cpuS - this.#since.cpuS,
      wallS: (now.atNs - this.#since.atNs) / 1e9,
      ticks: sorted.length,
      lateP99Ns: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
      lateMaxNs: sorted.at(-1) ?? 0,
    };
    this.#since = now;
    this.#late = [];
    return cost;
  }
}

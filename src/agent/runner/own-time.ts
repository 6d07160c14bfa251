import type { CpuSamples } from './board.ts';

const SAMPLE_EVERY_NS = 250e6;

/** Doubles stand in a typed array: a field would box them. */
const BEGAN = 0;
const AWAY = 1;
const NEXT = 2;
const FIELDS = 3;

/** Time of one thread that is the harness's own: what it spent neither asleep, nor spinning, nor in the target. */
export class OwnTime {
  readonly #samples: CpuSamples;
  readonly #cpuNs: () => number;
  readonly #at = new Float64Array(FIELDS);

  /** `cpuNs`: CPU time of this thread, nanoseconds. */
  constructor(samples: CpuSamples, cpuNs: () => number) {
    this.#samples = samples;
    this.#cpuNs = cpuNs;
  }

  begin(nowNs: number): void {
    this.#at[BEGAN] = nowNs;
  }

  /** A stretch that was not the harness's own. */
  away(fromNs: number, toNs: number): void {
    this.#at[AWAY] = (this.#at[AWAY] as number) + (toNs - fromNs);
  }

  /** All such stretches since {@link begin}, where somebody else adds them up. */
  wasAway(ns: number): void {
    this.#at[AWAY] = ns;
  }

  /** Whether a sample is to be left: four times a second. */
  isDue(nowNs: number): boolean {
    return nowNs >= (this.#at[NEXT] as number);
  }

  /** Leaves one: here alone may allocate what is otherwise hot. */
  sample(nowNs: number): void {
    const [began, away] = [this.#at[BEGAN] as number, this.#at[AWAY] as number];
    this.#samples.leave(nowNs, this.#cpuNs(), nowNs - began - away);
    this.#at[NEXT] = nowNs + SAMPLE_EVERY_NS;
  }
}

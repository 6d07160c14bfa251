import { NS_PER_S } from '../../time/ns.ts';
import type { BoardMemory } from './board.ts';
import { CpuSamples } from './board.ts';

/** CPU that the pacing threads spent on the harness itself, and the wall time that this covers; seconds over all threads. */
export interface PacingCpu {
  readonly cpuS: number;
  readonly wallS: number;
}

const AT = 0;
const CPU = 1;
const HARNESS = 2;
const FIELDS = 3;

/**
 * What the workers' own code costs, from the samples that they leave.
 *
 * Time outside the target, outside sleeping and outside spinning is the harness's; a thread that was not running during
 * it spent less CPU, so the smaller of that time and of the thread's CPU time counts.
 */
export class PacingCpuMeter {
  readonly #samples: readonly CpuSamples[];
  readonly #before: readonly Float64Array[];
  readonly #hasSample: boolean[];
  readonly #latest = new Float64Array(FIELDS);

  constructor(memory: BoardMemory, workers: number) {
    this.#samples = Array.from({ length: workers }, (_, worker) => new CpuSamples(memory, worker));
    this.#before = this.#samples.map(() => new Float64Array(FIELDS));
    this.#hasSample = this.#samples.map(() => false);
  }

  /** Since the last call, as far as samples reach. */
  read(): PacingCpu {
    let cpuNs = 0;
    let wallNs = 0;
    for (const [worker, samples] of this.#samples.entries()) {
      const latest = this.#latest;
      if (!samples.latest(latest)) continue;
      const before = this.#before[worker] as Float64Array;
      if (this.#hasSample[worker] === true) {
        wallNs += gain(latest, before, AT);
        cpuNs += Math.max(0, Math.min(gain(latest, before, CPU), gain(latest, before, HARNESS)));
      }
      this.#hasSample[worker] = true;
      before.set(latest);
    }
    return { cpuS: cpuNs / NS_PER_S, wallS: wallNs / NS_PER_S };
  }
}

const gain = (latest: Float64Array, before: Float64Array, field: number): number =>
  (latest[field] as number) - (before[field] as number);

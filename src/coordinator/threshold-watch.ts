import type { Cell } from '../campaign/plan.ts';
import type { Ns } from '../time/ns.ts';
import { abortingThresholds, crossedSoFar } from '../verdict/k6/threshold-abort.ts';
import type { LiveStop } from '../verdict/live-stop.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { K6Merge } from './k6-merge.ts';

/** Watches one attempt of a trial for a threshold of its k6 script with `abortOnFail`, over the merged samples of the fleet. */
export class ThresholdWatch {
  readonly #cell: Cell;
  readonly #merge = new K6Merge();
  /** Per agent: what comes again is not counted again. */
  readonly #next = new Map<number, number>();

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /** Intervals of an agent come in order. */
  add(interval: Interval): void {
    const { agent, seq } = interval;
    if (seq < (this.#next.get(agent) ?? 0)) return;
    this.#next.set(agent, seq + 1);
    this.#merge.add(interval);
  }

  /** `atNs`: the end of a second that every agent has told. Null: it goes on. */
  look(atNs: Ns): LiveStop | null {
    const parts = this.#merge.evidence()?.parts ?? [];
    const why = crossedSoFar(abortingThresholds(this.#cell.spec), parts, atNs);
    return why === null ? null : { cause: 'abort', why };
  }
}

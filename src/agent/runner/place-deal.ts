import { capacityOf } from '../../campaign/places.ts';
import type { TargetSpec } from '../../campaign/target-spec.ts';

/** A stretch of an agent's places: [first, first + count). */
export interface PlaceStretch {
  readonly first: number;
  readonly count: number;
}

/** How the places of an agent are dealt to its workers: in stretches, whole connections each, as evenly as they go. */
export class PlaceDeal {
  readonly places: number;
  readonly workers: number;
  readonly #firsts: readonly number[];
  readonly #workerOf: Int32Array;

  /** `connections` >= `workers`. */
  constructor(workers: number, connections: number, streams: number) {
    this.workers = workers;
    this.places = connections * streams;
    this.#firsts = Array.from({ length: workers + 1 }, (_, w) => Math.floor((w * connections) / workers) * streams);
    this.#workerOf = new Int32Array(this.places);
    for (let worker = 0; worker < workers; worker++) {
      const { first, count } = this.of(worker);
      this.#workerOf.fill(worker, first, first + count);
    }
  }

  of(worker: number): PlaceStretch {
    const first = this.#firsts[worker] as number;
    return { first, count: (this.#firsts[worker + 1] as number) - first };
  }

  workerOf(place: number): number {
    return this.#workerOf[place] as number;
  }
}

/** The deal of a trial. */
export function dealOf({ target, workers }: { readonly target: TargetSpec; readonly workers: number }): PlaceDeal {
  const capacity = capacityOf(target, workers);
  return new PlaceDeal(capacity.workers, capacity.connections, capacity.streams);
}

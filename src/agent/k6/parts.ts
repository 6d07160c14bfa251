import { executorName } from '../../scenarios/k6/executors.ts';
import type { PartSums } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { PartSumsSchema, SparseHistogramSchema } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../../wire/protobuf.ts';
import type { K6TrialSpec } from '../../wire/trial-spec.ts';
import type { K6Part, K6Sum } from './frames.ts';

/** An interval holds at most so much of parts; what is above it goes with the next one. */
const MOST_BYTES = 160 * 1024;
const FIXED_BYTES = 128;

/** The sums of a script's parts as they came, until an interval takes them along. */
export class K6Parts {
  readonly #spec: K6TrialSpec;
  readonly #known = new Map<number, K6Part | null>();
  readonly #waiting: PartSums[] = [];

  constructor(spec: K6TrialSpec) {
    this.#spec = spec;
  }

  define(id: number, part: K6Part): void {
    this.#known.set(id, this.#placed(part));
  }

  add(sums: readonly K6Sum[]): void {
    for (const sum of sums) {
      const part = this.#known.get(sum.id);
      if (part !== undefined && part !== null) this.#waiting.push(message(part, sum));
    }
  }

  /** `whole`: everything, for the last interval. */
  take(amount: 'some' | 'whole'): PartSums[] {
    let bytes = 0;
    let count = 0;
    for (const part of this.#waiting) {
      bytes += FIXED_BYTES + (part.histogram?.buckets.length ?? 0);
      if (amount === 'some' && bytes > MOST_BYTES) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Of measure phases, under the campaign's name of the scenario; null: of nothing that is measured. */
  #placed(part: K6Part): K6Part | null {
    if (part.scenario === '') return null;
    if (this.#spec.target.options === 'own') return part;
    const index = this.#spec.phases.findIndex((_, at) => executorName(at) === part.scenario);
    return this.#spec.phases[index]?.purpose === 'measure' ? { ...part, scenario: this.#spec.scenario } : null;
  }
}

const message = (part: K6Part, sum: K6Sum): PartSums =>
  create(PartSumsSchema, {
    scenario: part.scenario,
    group: part.group,
    name: part.name,
    metric: part.metric,
    type: part.type,
    time: part.time,
    count: BigInt(sum.count),
    nonzero: BigInt(sum.nonzero),
    sum: sum.sum,
    min: sum.min,
    max: sum.max,
    ...(sum.buckets.length === 0
      ? {}
      : {
          histogram: create(SparseHistogramSchema, {
            buckets: Uint8Array.from(sum.buckets),
            sumNs: sum.sum * 1e6,
            maxNs: sum.max * 1e6,
          }),
        }),
  });

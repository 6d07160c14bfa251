import { type BatchStatistics, type Duration, type ModelStatistics, NEVER } from '../oip/statistics.ts';
import { NS_PER_S, type Ns } from '../time/ns.ts';
import { LatencyCounts } from './latency-counts.ts';
import type { RefusalCode } from './refusal.ts';

/** How long the parts of one run of the model took, nanoseconds. */
export interface ComputeNs {
  readonly inputNs: number;
  readonly inferNs: number;
  readonly outputNs: number;
}

/** Seconds; 1-2.5-5 from 100 us to 10 s. */
const USUAL_BOUNDS_S = [-4, -3, -2, -1, 0].flatMap((power) => [1, 2.5, 5].map((step) => step * 10 ** power)).concat(10);
const BATCH_BOUNDS = Array.from({ length: 11 }, (_, power) => 2 ** power);

/** Everything that was counted of a served model since the endpoint started. The hot path only adds. */
export class ServingRecord {
  /** From a request's arrival to its answer, seconds, whatever the answer. A bound at each objective. */
  readonly inferenceS: LatencyCounts;
  readonly queueS = new LatencyCounts(USUAL_BOUNDS_S);
  readonly computeS = new LatencyCounts(USUAL_BOUNDS_S);
  /** Samples of each run. */
  readonly batches = new LatencyCounts(BATCH_BOUNDS);
  readonly #refusals = new Map<RefusalCode, number>();
  readonly #success = new Sum();
  readonly #fail = new Sum();
  readonly #queue = new Sum();
  readonly #compute = new ComputeSums();
  readonly #bySize = new Map<number, ComputeSums>();
  #samples = 0;
  #runs = 0;
  #lastInferenceMs = 0;

  constructor(objectivesS: readonly number[]) {
    this.inferenceS = new LatencyCounts([...USUAL_BOUNDS_S, ...objectivesS]);
  }

  /** Requests answered, whatever the answer. */
  get requests(): number {
    return this.inferenceS.total.count;
  }

  refusals(code: RefusalCode): number {
    return this.#refusals.get(code) ?? 0;
  }

  /** A run of the model that ended well, with so many samples. */
  ran(samples: number, compute: ComputeNs): void {
    this.#runs++;
    this.batches.count(samples);
    this.computeS.count((compute.inputNs + compute.inferNs + compute.outputNs) / NS_PER_S);
    let sums = this.#bySize.get(samples);
    if (sums === undefined) {
      sums = new ComputeSums();
      this.#bySize.set(samples, sums);
    }
    sums.add(compute);
  }

  /** A request that was answered with outputs. `wallMs` since the Unix epoch. */
  answered(samples: number, tookNs: Ns, queuedNs: Ns, compute: ComputeNs, wallMs: number): void {
    this.inferenceS.count(tookNs / NS_PER_S);
    this.queueS.count(queuedNs / NS_PER_S);
    this.#success.add(tookNs);
    this.#queue.add(queuedNs);
    this.#compute.add(compute);
    this.#samples += samples;
    this.#lastInferenceMs = wallMs;
  }

  refused(code: RefusalCode, tookNs: Ns): void {
    this.inferenceS.count(tookNs / NS_PER_S);
    this.#fail.add(tookNs);
    this.#refusals.set(code, this.refusals(code) + 1);
  }

  statistics(name: string, version: string): ModelStatistics {
    return {
      name,
      version,
      lastInferenceMs: this.#lastInferenceMs,
      inferenceCount: this.#samples,
      executionCount: this.#runs,
      success: this.#success.duration,
      fail: this.#fail.duration,
      queue: this.#queue.duration,
      ...this.#compute.durations,
      cacheHit: NEVER,
      cacheMiss: NEVER,
      batches: [...this.#bySize]
        .sort(([a], [b]) => a - b)
        .map(([size, sums]): BatchStatistics => ({ size, ...sums.durations })),
    };
  }
}

class Sum {
  #count = 0;
  #ns = 0;

  add(ns: number): void {
    this.#count++;
    this.#ns += ns;
  }

  get duration(): Duration {
    return { count: this.#count, ns: Math.round(this.#ns) };
  }
}

class ComputeSums {
  readonly #input = new Sum();
  readonly #infer = new Sum();
  readonly #output = new Sum();

  add({ inputNs, inferNs, outputNs }: ComputeNs): void {
    this.#input.add(inputNs);
    this.#infer.add(inferNs);
    this.#output.add(outputNs);
  }

  get durations(): Pick<BatchStatistics, 'computeInput' | 'computeInfer' | 'computeOutput'> {
    return {
      computeInput: this.#input.duration,
      computeInfer: this.#infer.duration,
      computeOutput: this.#output.duration,
    };
  }
}

import type * as wire from './gen/inference_pb.ts';
import { objectsIn, textIn } from './http-message.ts';
import { type JsonObject, parseObject } from './json-text.ts';
import { ProtocolError, quoted } from './protocol-error.ts';

/** How often something happened since the server started, and how long it took in all. */
export interface Duration {
  readonly count: number;
  /** Nanoseconds in total. */
  readonly ns: number;
}

export const NEVER: Duration = { count: 0, ns: 0 };

/** What a server has counted of a model since it started. */
export interface ModelCounts {
  /** Samples of successful requests. */
  readonly inferenceCount: number;
  /** Runs of the model: fewer than requests where they were batched. */
  readonly executionCount: number;
  readonly success: Duration;
  readonly fail: Duration;
  readonly queue: Duration;
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  readonly computeOutput: Duration;
  /** Requests that a response cache answered, and that it did not; never where there is none. */
  readonly cacheHit: Duration;
  readonly cacheMiss: Duration;
}

/** Cumulative statistics of one version of a model (Triton's statistics extension). */
export interface ModelStatistics extends ModelCounts {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the Unix epoch; 0: never. */
  readonly lastInferenceMs: number;
  readonly batches: readonly BatchStatistics[];
}

/** The same by the number of samples that one run took. */
export interface BatchStatistics {
  readonly size: number;
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  readonly computeOutput: Duration;
}

/** @throws ProtocolError for a body that holds no statistics. Figures that a server leaves out are 0. */
export const decodeStatistics = (body: Uint8Array): readonly ModelStatistics[] =>
  objectsIn(parseObject('statistics', body), 'model_stats').map((json, i): ModelStatistics => {
    const where = `model_stats[${i}].`;
    const inference = objectIn(where, json, 'inference_stats');
    const within = `${where}inference_stats.`;
    return {
      name: textIn(where, json, 'name'),
      version: textIn(where, json, 'version', ''),
      lastInferenceMs: countIn(where, json, 'last_inference'),
      inferenceCount: countIn(where, json, 'inference_count'),
      executionCount: countIn(where, json, 'execution_count'),
      success: durationIn(within, inference, 'success'),
      fail: durationIn(within, inference, 'fail'),
      queue: durationIn(within, inference, 'queue'),
      ...computeIn(within, inference),
      cacheHit: durationIn(within, inference, 'cache_hit'),
      cacheMiss: durationIn(within, inference, 'cache_miss'),
      batches: objectsIn(json, 'batch_stats').map((batch, b) => ({
        size: countIn(`${where}batch_stats[${b}].`, batch, 'batch_size'),
        ...computeIn(`${where}batch_stats[${b}].`, batch),
      })),
    };
  });

/** The body that a server sends. */
export const statisticsJson = (models: readonly ModelStatistics[]): JsonObject => ({
  model_stats: models.map((model) => ({
    name: model.name,
    version: model.version,
    last_inference: model.lastInferenceMs,
    inference_count: model.inferenceCount,
    execution_count: model.executionCount,
    inference_stats: {
      success: model.success,
      fail: model.fail,
      queue: model.queue,
      ...computeJson(model),
      cache_hit: model.cacheHit,
      cache_miss: model.cacheMiss,
    },
    batch_stats: model.batches.map((batch) => ({ batch_size: batch.size, ...computeJson(batch) })),
  })),
});

export const statisticsOfMessage = ({ modelStats }: wire.ModelStatisticsResponse): readonly ModelStatistics[] =>
  modelStats.map(({ inferenceStats, ...model }) => ({
    name: model.name,
    version: model.version,
    lastInferenceMs: Number(model.lastInference),
    inferenceCount: Number(model.inferenceCount),
    executionCount: Number(model.executionCount),
    success: durationOf(inferenceStats?.success),
    fail: durationOf(inferenceStats?.fail),
    queue: durationOf(inferenceStats?.queue),
    ...computeOf(inferenceStats),
    cacheHit: durationOf(inferenceStats?.cacheHit),
    cacheMiss: durationOf(inferenceStats?.cacheMiss),
    batches: model.batchStats.map((batch) => ({ size: Number(batch.batchSize), ...computeOf(batch) })),
  }));

/** Versions of a model together. */
export const countsOf = (versions: readonly ModelCounts[]): ModelCounts => {
  const sum = (of: (version: ModelCounts) => number): number => versions.reduce((total, each) => total + of(each), 0);
  const both = (of: (version: ModelCounts) => Duration): Duration => ({
    count: sum((version) => of(version).count),
    ns: sum((version) => of(version).ns),
  });
  return {
    inferenceCount: sum(({ inferenceCount }) => inferenceCount),
    executionCount: sum(({ executionCount }) => executionCount),
    success: both(({ success }) => success),
    fail: both(({ fail }) => fail),
    queue: both(({ queue }) => queue),
    computeInput: both(({ computeInput }) => computeInput),
    computeInfer: both(({ computeInfer }) => computeInfer),
    computeOutput: both(({ computeOutput }) => computeOutput),
    cacheHit: both(({ cacheHit }) => cacheHit),
    cacheMiss: both(({ cacheMiss }) => cacheMiss),
  };
};

type Compute = Pick<ModelStatistics, 'computeInput' | 'computeInfer' | 'computeOutput'>;

const computeJson = ({ computeInput, computeInfer, computeOutput }: Compute): JsonObject => ({
  compute_input: computeInput,
  compute_infer: computeInfer,
  compute_output: computeOutput,
});

const computeIn = (where: string, json: JsonObject): Compute => ({
  computeInput: durationIn(where, json, 'compute_input'),
  computeInfer: durationIn(where, json, 'compute_infer'),
  computeOutput: durationIn(where, json, 'compute_output'),
});

const durationOf = (found: { readonly count: bigint; readonly ns: bigint } | undefined): Duration =>
  found === undefined ? NEVER : { count: Number(found.count), ns: Number(found.ns) };

const computeOf = (found: wire.InferStatistics | wire.InferBatchStatistics | undefined): Compute => ({
  computeInput: durationOf(found?.computeInput),
  computeInfer: durationOf(found?.computeInfer),
  computeOutput: durationOf(found?.computeOutput),
});

function durationIn(where: string, json: JsonObject, key: string): Duration {
  const duration = objectIn(where, json, key);
  return { count: countIn(`${where}${key}.`, duration, 'count'), ns: countIn(`${where}${key}.`, duration, 'ns') };
}

function objectIn(where: string, json: JsonObject, key: string): JsonObject {
  const found = json[key] ?? {};
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as JsonObject;
  throw new ProtocolError(`${where}${key}: found ${quoted(found)}, expected an object`);
}

/** Some servers write numbers as texts, as protobuf's JSON does. */
function countIn(where: string, json: JsonObject, key: string): number {
  const found = json[key] ?? 0;
  const count = typeof found === 'number' ? found : Number(String(found));
  if (Number.isFinite(count) && count >= 0) return count;
  throw new ProtocolError(`${where}${key}: found ${quoted(found)}, expected a number of 0 or more`);
}

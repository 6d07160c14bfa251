import { create } from '@bufbuild/protobuf';
import { type ModelStatistics as ModelStatisticsMessage, ModelStatisticsSchema } from '../../oip/gen/inference_pb.ts';
import type { BatchStatistics, Duration, ModelStatistics } from '../../oip/statistics.ts';

/** Statistics as gRPC sends them. */
export const statisticsMessage = (model: ModelStatistics): ModelStatisticsMessage =>
  create(ModelStatisticsSchema, {
    name: model.name,
    version: model.version,
    lastInference: BigInt(model.lastInferenceMs),
    inferenceCount: BigInt(model.inferenceCount),
    executionCount: BigInt(model.executionCount),
    inferenceStats: {
      success: duration(model.success),
      fail: duration(model.fail),
      queue: duration(model.queue),
      ...compute(model),
      cacheHit: duration(model.cacheHit),
      cacheMiss: duration(model.cacheMiss),
    },
    batchStats: model.batches.map((batch) => ({ batchSize: BigInt(batch.size), ...compute(batch) })),
  });

const duration = ({ count, ns }: Duration): { count: bigint; ns: bigint } => ({ count: BigInt(count), ns: BigInt(ns) });

const compute = (stats: Omit<BatchStatistics, 'size'>) => ({
  computeInput: duration(stats.computeInput),
  computeInfer: duration(stats.computeInfer),
  computeOutput: duration(stats.computeOutput),
});

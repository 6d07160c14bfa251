import { create } from '@bufbuild/protobuf';
import { configName } from '../oip/datatype.ts';
import { type ModelConfig, ModelConfigSchema } from '../oip/gen/inference_pb.ts';
import type { JsonObject } from '../oip/json-text.ts';
import { NS_PER_US } from '../time/ns.ts';
import type { Batching } from './batch-queue.ts';
import { freeAsMinusOne } from './request-check.ts';
import type { Port, Signature } from './signature.ts';

/** What Triton's model configuration says, of a model served here. */
export interface ConfiguredModel {
  readonly name: string;
  readonly signature: Signature;
  readonly batching: Batching | null;
  readonly workers: number;
  readonly queueRequests: number;
  /** The execution provider in use. */
  readonly provider: string;
}

const CPU_KIND = 2;
const GPU_KIND = 1;
const kindOf = (provider: string): number => (provider === 'cpu' ? CPU_KIND : GPU_KIND);

/** Sizes of a tensor; of a model that takes batches, without them. */
const dimsOf = ({ shape }: Port, batching: Batching | null): number[] =>
  shape.slice(batching === null ? 0 : 1).map(freeAsMinusOne);

export function configMessage(model: ConfiguredModel): ModelConfig {
  const { name, signature, batching, workers } = model;
  return create(ModelConfigSchema, {
    name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    versionPolicy: { policyChoice: { case: 'latest', value: { numVersions: 1 } } },
    maxBatchSize: batching?.max ?? 0,
    input: signature.inputs.map((port) => ({
      name: port.name,
      dataType: port.type.config,
      dims: dimsOf(port, batching).map(BigInt),
    })),
    output: signature.outputs.map((port) => ({
      name: port.name,
      dataType: port.type.config,
      dims: dimsOf(port, batching).map(BigInt),
    })),
    instanceGroup: [{ name: `${name}_0`, count: workers, kind: kindOf(model.provider) }],
    defaultModelFilename: 'model.onnx',
    ...(batching === null
      ? {}
      : { schedulingChoice: { case: 'dynamicBatching', value: batchingMessage(batching, model.queueRequests) } }),
  });
}

const batchingMessage = (
  { preferred, delayNs }: Batching,
  queueRequests: number,
): {
  preferredBatchSize: number[];
  maxQueueDelayMicroseconds: bigint;
  defaultQueuePolicy: { maxQueueSize: number };
} => ({
  preferredBatchSize: [...preferred],
  maxQueueDelayMicroseconds: BigInt(Math.round(delayNs / NS_PER_US)),
  defaultQueuePolicy: { maxQueueSize: queueRequests },
});

/** The same as JSON, with the names that protobuf's JSON form has. */
export function configJson(model: ConfiguredModel): JsonObject {
  const { name, signature, batching, workers, queueRequests } = model;
  const port = (each: Port): JsonObject => ({
    name: each.name,
    data_type: configName(each.type),
    dims: dimsOf(each, batching),
  });
  return {
    name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: batching?.max ?? 0,
    input: signature.inputs.map(port),
    output: signature.outputs.map(port),
    instance_group: [{ name: `${name}_0`, count: workers, kind: model.provider === 'cpu' ? 'KIND_CPU' : 'KIND_GPU' }],
    default_model_filename: 'model.onnx',
    ...(batching === null
      ? {}
      : {
          dynamic_batching: {
            preferred_batch_size: batching.preferred,
            max_queue_delay_microseconds: Math.round(batching.delayNs / NS_PER_US),
            default_queue_policy: { max_queue_size: queueRequests },
          },
        }),
  };
}

import type { OipCall } from '../../campaign/endpoint-spec.ts';
import type { ModelTensor } from '../../models/inspect.ts';
import { encodeStrings } from '../../oip/bytes-elements.ts';
import { datatypeOf, datatypeOfOnnx } from '../../oip/datatype.ts';
import type { TensorMetadata } from '../../oip/metadata.ts';
import type { Tensor } from '../../oip/tensor.ts';
import { FeedError } from '../feed-error.ts';
import { type BoundInput, bindInputs } from '../onnx-shapes.ts';
import { randomSamples, windowOf } from '../random-samples.ts';
import type { InputMemory } from '../samples/input-memory.ts';
import { openPool } from '../samples/pool.ts';

/** What is sent to a model, sample by sample. */
export interface OipSamples {
  readonly count: number;
  readonly digest: string;
  /** The tensors of the request that begins with a sample; their bytes stay as they are. */
  tensors(sample: number): readonly Tensor[];
  close(): void;
}

/**
 * The samples of a call for a model's inputs, as the server's metadata has them. `seed`: of those that are drawn.
 *
 * @throws FeedError where they do not fit.
 */
export async function oipSamples(
  { inputs, batch, bind }: OipCall,
  metadata: readonly TensorMetadata[],
  seed: string,
): Promise<OipSamples> {
  const bound = bindInputs(metadata.map(modelTensor), { batch, bind });
  if (inputs.kind === 'random') return drawn(bound, inputs, seed);
  const pool = await openPool(inputs, bound, batch);
  return {
    count: pool.count,
    digest: `sha256:${inputs.file.sha256}`,
    tensors: (sample) => {
      pool.lay(sample % pool.count);
      return pool.memories.map(tensorIn);
    },
    close: () => pool.close(),
  };
}

/** A tensor as the server's metadata has it. Free sizes have no name in the protocol: `bind` calls them `<input>.<axis>`. */
export const modelTensor = ({ name, datatype, shape }: TensorMetadata): ModelTensor => ({
  name,
  type: datatypeOf(datatype).onnx,
  shape: shape.map((size) => (size < 0 ? '?' : size)),
  rows: null,
});

function drawn(
  bound: readonly BoundInput[],
  laws: Extract<OipCall['inputs'], { kind: 'random' }>,
  seed: string,
): OipSamples {
  const { digest, inputs } = randomSamples(bound, laws.samples, laws, seed);
  const tensors = (sample: number): readonly Tensor[] =>
    inputs.map((each) => {
      const bytes = each.kind === 'texts' ? encodeStrings(each.texts[sample] ?? []) : windowOf(each, sample);
      return tensorOf(each.input, bytes);
    });
  return { count: laws.samples, digest, tensors, close: () => {} };
}

/** A copy: the memory is laid again while the request may still be on its way. */
const tensorIn = (memory: InputMemory): Tensor =>
  tensorOf(memory.input, memory.kind === 'texts' ? encodeStrings(memory.data) : memory.bytes.slice());

function tensorOf({ name, type, dims }: BoundInput, bytes: Uint8Array): Tensor {
  const datatype = datatypeOfOnnx(type);
  if (datatype === null)
    throw new FeedError(['inputs'], `found the type ${type} of ${name}, which the protocol does not have`);
  return { name, datatype: datatype.name, shape: dims, bytes };
}

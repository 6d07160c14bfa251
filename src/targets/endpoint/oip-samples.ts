import type { OipCall } from '../../campaign/endpoint-spec.ts';
import type { ModelTensor } from '../../models/inspect.ts';
import { brainOfFloats, heldAs } from '../../oip/brain-floats.ts';
import { encodeStrings } from '../../oip/bytes-elements.ts';
import { type DatatypeName, datatypeOf } from '../../oip/datatype.ts';
import type { TensorMetadata } from '../../oip/metadata.ts';
import type { Tensor } from '../../oip/tensor.ts';
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
  const sent = sentAs(metadata);
  if (inputs.kind === 'random') return drawn(bound, inputs, seed, sent);
  const pool = await openPool(inputs, bound, batch);
  return {
    count: pool.count,
    digest: `sha256:${inputs.file.sha256}`,
    tensors: (sample) => {
      pool.lay(sample % pool.count);
      return pool.memories.map((memory) => sent(memory.input, contentsOf(memory)));
    },
    close: () => pool.close(),
  };
}

/**
 * A tensor as the server's metadata has it, by the element type in which its values are held. Free sizes have no name in the
 * protocol: `bind` calls them `<input>.<axis>`.
 */
export const modelTensor = ({ name, datatype, shape }: TensorMetadata): ModelTensor => ({
  name,
  type: heldAs(datatypeOf(datatype)),
  shape: shape.map((size) => (size < 0 ? '?' : size)),
  rows: null,
});

/** Makes the tensor that is sent of an input and the bytes of its values. */
type Sent = (input: BoundInput, bytes: Uint8Array) => Tensor;

function sentAs(metadata: readonly TensorMetadata[]): Sent {
  const datatypes = new Map(metadata.map(({ name, datatype }) => [name, datatype]));
  return ({ name, dims }, bytes) => {
    const datatype = datatypes.get(name) as DatatypeName;
    return { name, datatype, shape: dims, bytes: datatype === 'BF16' ? brainBytes(bytes) : bytes };
  };
}

function brainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  const floats = new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
  return new Uint8Array(brainOfFloats(floats).buffer);
}

function drawn(
  bound: readonly BoundInput[],
  laws: Extract<OipCall['inputs'], { kind: 'random' }>,
  seed: string,
  sent: Sent,
): OipSamples {
  const { digest, inputs } = randomSamples(bound, laws.samples, laws, seed);
  const tensors = (sample: number): readonly Tensor[] =>
    inputs.map((each) =>
      sent(each.input, each.kind === 'texts' ? encodeStrings(each.texts[sample] ?? []) : windowOf(each, sample)),
    );
  return { count: laws.samples, digest, tensors, close: () => {} };
}

/** A copy: the memory is laid again while the request may still be on its way. */
const contentsOf = (memory: InputMemory): Uint8Array =>
  memory.kind === 'texts' ? encodeStrings(memory.data) : memory.bytes.slice();

import { textEnds } from '../oip/bytes-elements.ts';
import type { Tensor } from '../oip/tensor.ts';
import type { Port } from './signature.ts';
import { padded, type RunTensors } from './task.ts';

/** The inputs of a request, in the model's order, and how many samples they hold. */
export interface Inputs {
  readonly inputs: readonly Tensor[];
  readonly samples: number;
}

export interface Assembled {
  readonly buffer: ArrayBuffer;
  readonly runs: readonly RunTensors[];
}

/** Lays runs into one buffer; the members of a run are put together along their first dimension. */
export function assembled(runs: readonly (readonly Inputs[])[]): Assembled {
  const shaped = runs.map(tensorsOf);
  const size = shaped.reduce((sum, { lengths }) => lengths.reduce((total, each) => total + padded(each), sum), 0);
  const buffer = new ArrayBuffer(size);
  const into = new Uint8Array(buffer);
  let at = 0;
  for (const members of runs) {
    for (let tensor = 0; tensor < (members[0]?.inputs.length ?? 0); tensor++) {
      let end = at;
      for (const { inputs } of members) {
        const { bytes } = inputs[tensor] as Tensor;
        into.set(bytes, end);
        end += bytes.byteLength;
      }
      at += padded(end - at);
    }
  }
  return { buffer, runs: shaped };
}

function tensorsOf(members: readonly Inputs[]): RunTensors {
  const [first] = members;
  if (first === undefined) return { shapes: [], lengths: [] };
  const samples = members.reduce((sum, member) => sum + member.samples, 0);
  return {
    shapes: first.inputs.map(({ shape }) => (members.length === 1 ? shape : [samples, ...shape.slice(1)])),
    lengths: first.inputs.map((_, tensor) =>
      members.reduce((sum, { inputs }) => sum + (inputs[tensor] as Tensor).bytes.byteLength, 0),
    ),
  };
}

/** Outputs that do not have the samples of their requests in front: a fault of the model's declaration. */
export class UnsplitOutput extends Error {}

/**
 * The outputs of each member of a run, as views of the buffer that they came in.
 *
 * @param at where the run's first output begins.
 * @throws UnsplitOutput where several members share a run and an output does not begin with their samples.
 */
export function splitOutputs(
  ports: readonly Port[],
  { shapes, lengths }: RunTensors,
  buffer: ArrayBuffer,
  at: number,
  members: readonly { readonly samples: number }[],
): readonly (readonly Tensor[])[] {
  const samples = members.reduce((sum, member) => sum + member.samples, 0);
  const outputs: Tensor[][] = members.map(() => []);
  let start = at;
  for (const [index, { name, type }] of ports.entries()) {
    const shape = shapes[index] as readonly number[];
    const bytes = new Uint8Array(buffer, start, lengths[index] as number);
    start += padded(bytes.byteLength);
    if (members.length === 1) {
      outputs[0]?.push({ name, datatype: type.name, shape, bytes });
      continue;
    }
    if (shape[0] !== samples) {
      throw new UnsplitOutput(
        `output ${name} [${shape.join(', ')}] of a run of ${samples} samples does not have them in front`,
      );
    }
    const parts = type.width === 0 ? textParts(bytes, shape, members) : evenParts(bytes, samples, members);
    for (const [member, { samples: own }] of members.entries()) {
      outputs[member]?.push({
        name,
        datatype: type.name,
        shape: [own, ...shape.slice(1)],
        bytes: parts[member] as Uint8Array,
      });
    }
  }
  return outputs;
}

type Members = readonly { readonly samples: number }[];

function evenParts(bytes: Uint8Array, samples: number, members: Members): readonly Uint8Array[] {
  const each = bytes.byteLength / samples;
  let done = 0;
  return members.map(({ samples: own }) => {
    const from = done * each;
    done += own;
    return bytes.subarray(from, done * each);
  });
}

function textParts(bytes: Uint8Array, shape: readonly number[], members: Members): readonly Uint8Array[] {
  const each = shape.slice(1).reduce((product, size) => product * size, 1);
  const ends = textEnds(bytes, Math.max(1, each));
  let done = 0;
  let from = 0;
  return members.map(({ samples: own }) => {
    done += own;
    const to = each === 0 ? 0 : (ends[done - 1] ?? bytes.byteLength);
    const part = bytes.subarray(from, to);
    from = to;
    return part;
  });
}

import { type InferRequest, wantsBinary } from '../oip/infer.ts';
import type { Parameters } from '../oip/parameters.ts';
import { ProtocolError, quoted } from '../oip/protocol-error.ts';
import type { Tensor } from '../oip/tensor.ts';
import type { Port, Signature } from './signature.ts';

/** Parameters of extensions that are not offered: to ignore them would be to answer another question. */
const NOT_OFFERED: ReadonlySet<string> = new Set([
  'classification',
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'shared_memory_region',
  'shared_memory_byte_size',
  'shared_memory_offset',
]);

/**
 * Holds a request against the model: which inputs, of which type and shape, and which outputs.
 *
 * @returns the inputs in the model's order.
 * @throws ProtocolError for the first thing that does not fit.
 */
export function fitted(signature: Signature, request: InferRequest): readonly Tensor[] {
  refuseExtensions('request', request.parameters);
  const inputs = signature.inputs.map((port) => inputFor(port, request.inputs));
  if (request.inputs.length > inputs.length) throw strange('inputs', request.inputs, signature.inputs);
  checkFreeSizes(signature.inputs, inputs);
  for (const [index, { name, parameters }] of request.outputs.entries()) {
    if (!signature.outputs.some((port) => port.name === name))
      throw strange('outputs', request.outputs, signature.outputs);
    refuseExtensions(`outputs[${index}]`, parameters);
    wantsBinary(request, name);
  }
  return inputs;
}

function refuseExtensions(where: string, parameters: Parameters): void {
  for (const name in parameters) {
    if (!NOT_OFFERED.has(name)) continue;
    throw new ProtocolError(`${where}.parameters.${name}: found an extension that this endpoint does not have`);
  }
}

function strange(list: string, found: readonly { readonly name: string }[], ports: readonly Port[]): ProtocolError {
  const known = ports.map(({ name }) => name);
  const index = found.findIndex(({ name }) => !known.includes(name));
  return new ProtocolError(
    `${list}[${index}].name: found ${quoted(found[index]?.name)}, but the model has ${list} ${known.join(', ')}`,
  );
}

function inputFor(port: Port, inputs: readonly Tensor[]): Tensor {
  const tensor = inputs.find(({ name }) => name === port.name);
  if (tensor === undefined) {
    const found = inputs.map(({ name }) => quoted(name)).join(', ');
    throw new ProtocolError(`inputs: found ${found}, expected also ${port.name} (${port.type.name})`);
  }
  if (tensor.datatype !== port.type.name) {
    throw new ProtocolError(`input ${port.name}: found ${tensor.datatype}, expected ${port.type.name}`);
  }
  const fits =
    tensor.shape.length === port.shape.length &&
    port.shape.every((size, axis) =>
      typeof size === 'number' ? size === tensor.shape[axis] : tensor.shape[axis] !== 0,
    );
  if (!fits) {
    throw new ProtocolError(
      `input ${port.name}: found the shape ${quoted(tensor.shape)}, expected [${port.shape.map(freeAsMinusOne).join(', ')}]` +
        (port.shape.some((size) => typeof size === 'string') ? ', where -1 is any size above 0' : ''),
    );
  }
  if (port.type.kind === 'truth') checkTruths(port, tensor);
  return tensor;
}

/** -1 for a free dimension, as the protocol writes shapes. */
export const freeAsMinusOne = (size: number | string): number => (typeof size === 'number' ? size : -1);

function checkTruths(port: Port, { bytes }: Tensor): void {
  const odd = bytes.findIndex((byte) => byte > 1);
  if (odd < 0) return;
  throw new ProtocolError(
    `input ${port.name}: found the byte ${bytes[odd]} at element ${odd}, expected 0 or 1 for BOOL`,
  );
}

/** A name means the same size wherever it stands. */
function checkFreeSizes(ports: readonly Port[], inputs: readonly Tensor[]): void {
  if (ports.length < 2) return;
  const sizes = new Map<string, { readonly size: number; readonly input: string }>();
  for (const [index, port] of ports.entries()) {
    for (const [axis, dimension] of port.shape.entries()) {
      if (typeof dimension !== 'string' || dimension === '?') continue;
      const size = inputs[index]?.shape[axis] ?? 0;
      const known = sizes.get(dimension);
      if (known === undefined) sizes.set(dimension, { size, input: port.name });
      else if (known.size !== size) {
        throw new ProtocolError(
          `input ${port.name}: found ${size} in dimension ${axis} (${dimension}), but input ${known.input} has ${known.size} there`,
        );
      }
    }
  }
}

import { create } from '@bufbuild/protobuf';
import { datatypeNamed, datatypeOf } from './datatype.ts';
import {
  type InferParameter,
  InferParameterSchema,
  type InferTensorContents,
  type ModelInferRequest,
  ModelInferRequestSchema,
  type ModelInferResponse,
  ModelInferResponseSchema,
} from './gen/inference_pb.ts';
import { bytesOfContents, contentsOfBytes } from './grpc-contents.ts';
import type { InferRequest, InferResponse } from './infer.ts';
import { NO_PARAMETERS, type Parameters, type ParameterValue } from './parameters.ts';
import { keyed, ProtocolError, quoted } from './protocol-error.ts';
import { checkRaw, declaredElements, type Tensor } from './tensor.ts';

/** How tensors travel: in one field of bytes, or as lists of their values. FP16 and BF16 are raw only. */
export type ContentsForm = 'raw' | 'typed';

/** @throws ProtocolError for everything that is not as the protocol says. Raw contents are views of the message. */
export function requestOfMessage(message: ModelInferRequest): InferRequest {
  if (message.inputs.length === 0) throw new ProtocolError('inputs: found none, expected at least one tensor');
  return {
    id: message.id,
    parameters: parametersOfMap('request', message.parameters),
    inputs: tensorsOf('inputs', 'raw_input_contents', message.inputs, message.rawInputContents),
    outputs: distinct('outputs', message.outputs).map(({ name, parameters }, index) => ({
      name,
      parameters: parametersOfMap(`outputs[${index}]`, parameters),
    })),
  };
}

/** @throws ProtocolError as {@link requestOfMessage}. */
export const responseOfMessage = (message: ModelInferResponse): InferResponse => ({
  modelName: message.modelName,
  modelVersion: message.modelVersion,
  id: message.id,
  parameters: parametersOfMap('response', message.parameters),
  outputs: tensorsOf('outputs', 'raw_output_contents', message.outputs, message.rawOutputContents),
});

/** The form in which a request's tensors came: what it is answered in. */
export const formOf = (message: ModelInferRequest): ContentsForm =>
  message.rawInputContents.length === 0 && message.inputs.some(({ contents }) => contents !== undefined)
    ? 'typed'
    : 'raw';

/** The part of a tensor's message that both directions share. */
interface TensorMessage {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly bigint[];
  readonly contents?: InferTensorContents | undefined;
}

function tensorsOf(
  list: string,
  rawField: string,
  messages: readonly TensorMessage[],
  raw: readonly Uint8Array[],
): readonly Tensor[] {
  if (raw.length > 0 && raw.length !== messages.length) {
    throw new ProtocolError(
      `${rawField}: found ${raw.length}, expected one for each of the ${messages.length} ${list}`,
    );
  }
  return distinct(list, messages).map((message, index) => tensorOf(`${list}[${index}]`, message, raw[index] ?? null));
}

function tensorOf(where: string, message: TensorMessage, raw: Uint8Array | null): Tensor {
  const { name, contents } = message;
  const type = datatypeNamed(where, message.datatype);
  const shape = message.shape.map((size) => sizeOf(where, size));
  if (raw !== null) {
    if (contents !== undefined) throw new ProtocolError(`${where}: found both contents and raw contents`);
    checkRaw(where, type, shape, raw);
    return { name, datatype: type.name, shape, bytes: raw };
  }
  const elements = declaredElements(where, shape);
  if (contents === undefined && elements > 0) throw new ProtocolError(`${where}: found no contents`);
  const bytes = contents === undefined ? NO_BYTES : bytesOfContents(where, type, elements, contents);
  return { name, datatype: type.name, shape, bytes };
}

const NO_BYTES = new Uint8Array();

function sizeOf(where: string, size: bigint): number {
  const number = Number(size);
  if (Number.isSafeInteger(number)) return number;
  throw new ProtocolError(`${where}.shape: found ${size}, expected whole numbers of 0 or more`);
}

function distinct<T extends { readonly name: string }>(list: string, messages: readonly T[]): readonly T[] {
  const names = new Set<string>();
  for (const [index, { name }] of messages.entries()) {
    if (names.has(name)) throw new ProtocolError(`${list}[${index}].name: found ${quoted(name)} a second time`);
    names.add(name);
  }
  return messages;
}

function parametersOfMap(where: string, map: Readonly<Record<string, InferParameter>>): Parameters {
  const entries = Object.entries(map);
  if (entries.length === 0) return NO_PARAMETERS;
  return Object.fromEntries(
    entries.map(([name, { parameterChoice: choice }]): [string, ParameterValue] => {
      if (choice.case !== undefined) return [name, choice.value];
      throw new ProtocolError(`${where}.parameters${keyed(name)}: found no value`);
    }),
  );
}

function mapOfParameters(parameters: Parameters): Record<string, InferParameter> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, parameterMessage(value)]));
}

function parameterMessage(value: ParameterValue): InferParameter {
  switch (typeof value) {
    case 'boolean':
      return create(InferParameterSchema, { parameterChoice: { case: 'boolParam', value } });
    case 'string':
      return create(InferParameterSchema, { parameterChoice: { case: 'stringParam', value } });
    case 'bigint':
      return create(InferParameterSchema, {
        parameterChoice: { case: value > LARGEST_INT64 ? 'uint64Param' : 'int64Param', value },
      });
    case 'number':
      return create(InferParameterSchema, {
        parameterChoice: Number.isSafeInteger(value)
          ? { case: 'int64Param', value: BigInt(value) }
          : { case: 'doubleParam', value },
      });
  }
}

const LARGEST_INT64 = 2n ** 63n - 1n;

/** Whom a request is for. */
export interface ModelAddress {
  readonly name: string;
  /** Empty: the server's choice. */
  readonly version: string;
}

/** A request as gRPC sends it. Raw contents are the tensors' own bytes. */
export const messageOfRequest = (
  request: InferRequest,
  model: ModelAddress,
  form: ContentsForm = 'raw',
): ModelInferRequest => {
  const { raw, contents } = contentsFor(request.inputs, form);
  return create(ModelInferRequestSchema, {
    modelName: model.name,
    modelVersion: model.version,
    id: request.id,
    parameters: mapOfParameters(request.parameters),
    inputs: request.inputs.map((tensor, index) => ({ ...headOf(tensor), ...contents(index) })),
    outputs: request.outputs.map(({ name, parameters }) => ({ name, parameters: mapOfParameters(parameters) })),
    rawInputContents: raw,
  });
};

/** An answer as gRPC sends it. Raw contents are the tensors' own bytes. */
export const messageOfResponse = (response: InferResponse, form: ContentsForm = 'raw'): ModelInferResponse => {
  const { raw, contents } = contentsFor(response.outputs, form);
  return create(ModelInferResponseSchema, {
    modelName: response.modelName,
    modelVersion: response.modelVersion,
    id: response.id,
    parameters: mapOfParameters(response.parameters),
    outputs: response.outputs.map((tensor, index) => ({ ...headOf(tensor), ...contents(index) })),
    rawOutputContents: raw,
  });
};

const headOf = ({ name, datatype, shape }: Tensor): { name: string; datatype: string; shape: bigint[] } => ({
  name,
  datatype,
  shape: shape.map(BigInt),
});

interface Carried {
  readonly raw: Uint8Array[];
  readonly contents: (index: number) => { contents?: InferTensorContents };
}

/** Typed only where every tensor has typed contents. */
function contentsFor(tensors: readonly Tensor[], form: ContentsForm): Carried {
  const typed =
    form === 'typed' ? tensors.map((tensor) => contentsOfBytes(datatypeOf(tensor.datatype), tensor.bytes)) : [];
  if (form === 'raw' || typed.includes(null)) return { raw: tensors.map(({ bytes }) => bytes), contents: () => ({}) };
  return { raw: [], contents: (index) => ({ contents: typed[index] as InferTensorContents }) };
}

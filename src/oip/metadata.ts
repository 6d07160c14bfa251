import { type DatatypeName, datatypeNamed } from './datatype.ts';
import type { ModelMetadataResponse, ServerMetadataResponse } from './gen/inference_pb.ts';
import { objectsIn, textIn } from './http-message.ts';
import { type JsonObject, parseObject } from './json-text.ts';
import { ProtocolError, quoted } from './protocol-error.ts';

/** What a server says of itself. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** What a server says of a model. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: DatatypeName;
  /** -1 where a size is free. */
  readonly shape: readonly number[];
}

/** @throws ProtocolError for a body that is no server metadata. */
export function decodeServerMetadata(body: Uint8Array): ServerMetadata {
  const json = parseObject('server metadata', body);
  return {
    name: textIn('', json, 'name'),
    version: textIn('', json, 'version', ''),
    extensions: textsIn(json, 'extensions'),
  };
}

/** @throws ProtocolError for a body that is no model metadata. */
export function decodeModelMetadata(body: Uint8Array): ModelMetadata {
  const json = parseObject('model metadata', body);
  return {
    name: textIn('', json, 'name'),
    versions: textsIn(json, 'versions'),
    platform: textIn('', json, 'platform', ''),
    inputs: tensorsOf(json, 'inputs'),
    outputs: tensorsOf(json, 'outputs'),
  };
}

/** The same bodies for a server to send. */
export const serverMetadataJson = (metadata: ServerMetadata): JsonObject => ({ ...metadata });
export const modelMetadataJson = (metadata: ModelMetadata): JsonObject => ({ ...metadata });

export const serverMetadataOfMessage = ({ name, version, extensions }: ServerMetadataResponse): ServerMetadata => ({
  name,
  version,
  extensions,
});

/** @throws ProtocolError for a datatype that the protocol does not have. */
export const modelMetadataOfMessage = (message: ModelMetadataResponse): ModelMetadata => ({
  name: message.name,
  versions: message.versions,
  platform: message.platform,
  inputs: message.inputs.map((tensor, i) => tensorOf(`inputs[${i}]`, tensor)),
  outputs: message.outputs.map((tensor, i) => tensorOf(`outputs[${i}]`, tensor)),
});

const tensorsOf = (json: JsonObject, key: string): readonly TensorMetadata[] =>
  objectsIn(json, key).map((entry, i) =>
    tensorOf(`${key}[${i}]`, {
      name: textIn(`${key}[${i}].`, entry, 'name'),
      datatype: entry.datatype,
      shape: Array.isArray(entry.shape) ? entry.shape : [entry.shape],
    }),
  );

/** A tensor's metadata before it is looked at. Some servers write sizes as texts, as protobuf's JSON does. */
interface Unchecked {
  readonly name: string;
  readonly datatype: unknown;
  readonly shape: readonly unknown[];
}

function tensorOf(where: string, { name, datatype, shape }: Unchecked): TensorMetadata {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : Number(String(size))));
  if (sizes.some((size) => !Number.isSafeInteger(size) || size < -1)) {
    throw new ProtocolError(`${where}.shape: found ${quoted(shape)}, expected sizes, -1 where one is free`);
  }
  return { name, datatype: datatypeNamed(where, datatype).name, shape: sizes };
}

function textsIn(json: JsonObject, key: string): readonly string[] {
  const found = json[key] ?? [];
  if (Array.isArray(found) && found.every((each) => typeof each === 'string')) return found;
  throw new ProtocolError(`${key}: found ${quoted(found)}, expected a list of texts`);
}

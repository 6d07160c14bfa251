import { datatypeNamed } from './datatype.ts';
import { bytesOfData, dataText } from './json-data.ts';
import { type JsonObject, parseObject } from './json-text.ts';
import { NO_PARAMETERS, type Parameters, parametersOf, sizeIn } from './parameters.ts';
import { ProtocolError, quoted } from './protocol-error.ts';
import { checkRaw, declaredElements, type Tensor } from './tensor.ts';

/** What an HTTP message consists of: parts of a body that follow one another, and how long its JSON is. */
export interface HttpMessage {
  /** The JSON, then the binary tensors in their order; these are the tensors' own bytes, not copies. */
  readonly parts: readonly Uint8Array[];
  /** The value of `Inference-Header-Content-Length`; null: the message is JSON and nothing else. */
  readonly headerLength: number | null;
}

/** The parts in one piece. */
export function joined({ parts }: HttpMessage): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** The JSON of a message and the binary tensors behind it. */
export interface OpenedMessage {
  readonly json: JsonObject;
  /** Empty where the message is JSON alone. */
  readonly binary: Uint8Array;
}

/**
 * Takes a body apart. `headerLength`: what `Inference-Header-Content-Length` says; null: it is not there.
 *
 * @throws ProtocolError where the header leads beyond the body, and for JSON that cannot be read.
 */
export function openMessage(what: string, body: Uint8Array, headerLength: number | null): OpenedMessage {
  if (headerLength === null) return { json: parseObject(what, body), binary: body.subarray(body.byteLength) };
  if (headerLength > body.byteLength) {
    throw new ProtocolError(
      `Inference-Header-Content-Length: found ${headerLength}, but the body has ${body.byteLength} bytes`,
    );
  }
  return { json: parseObject(what, body.subarray(0, headerLength)), binary: body.subarray(headerLength) };
}

/** @throws ProtocolError for a header that is no number of bytes. */
export function headerLengthOf(value: string | undefined): number | null {
  if (value === undefined) return null;
  const length = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(length)) return length;
  throw new ProtocolError(`Inference-Header-Content-Length: found ${quoted(value)}, expected a number of bytes`);
}

/** More tensors than any model has inputs or outputs. */
const MOST_TENSORS = 1024;

/** A list of objects in a message; absent: empty. @throws ProtocolError for anything else. */
export function objectsIn(json: JsonObject, key: string): readonly JsonObject[] {
  const found = Object.hasOwn(json, key) ? json[key] : undefined;
  if (found === undefined) return [];
  if (!Array.isArray(found)) throw new ProtocolError(`${key}: found ${quoted(found)}, expected a list`);
  if (found.length > MOST_TENSORS) {
    throw new ProtocolError(`${key}: found ${found.length} entries, expected at most ${MOST_TENSORS}`);
  }
  const odd = found.findIndex((each) => typeof each !== 'object' || each === null || Array.isArray(each));
  if (odd >= 0) throw new ProtocolError(`${key}[${odd}]: found ${quoted(found[odd])}, expected an object`);
  return found;
}

/** A text in a message. @throws ProtocolError for anything else; absent counts as `otherwise` where that is given. */
export function textIn(where: string, json: JsonObject, key: string, otherwise?: string): string {
  const found = Object.hasOwn(json, key) ? json[key] : otherwise;
  if (typeof found === 'string') return found;
  throw new ProtocolError(`${where}${key}: found ${quoted(found)}, expected a text`);
}

/**
 * Reads the tensors that a message lists under `key`. Binary ones are views of `binary`, which they must use up.
 *
 * @throws ProtocolError at the first thing that is not as it must be.
 */
export function tensorsIn({ json, binary }: OpenedMessage, key: string): readonly Tensor[] {
  const names = new Set<string>();
  let at = 0;
  const tensors = objectsIn(json, key).map((entry, index): Tensor => {
    const where = `${key}[${index}]`;
    const name = textIn(`${where}.`, entry, 'name');
    if (names.has(name)) throw new ProtocolError(`${where}.name: found ${quoted(name)} a second time`);
    names.add(name);
    const size = sizeIn(where, parametersOf(where, entry.parameters), 'binary_data_size');
    if (size === null) return jsonTensor(where, name, entry);
    const tensor = binaryTensor(where, name, entry, binary.subarray(at), size);
    at += size;
    return tensor;
  });
  if (at === binary.byteLength) return tensors;
  throw new ProtocolError(`body: found ${binary.byteLength} bytes of binary tensors, expected ${at} as ${key} say`);
}

function jsonTensor(where: string, name: string, entry: JsonObject): Tensor {
  const type = datatypeNamed(where, entry.datatype);
  const shape = shapeOf(where, entry);
  const bytes = bytesOfData(where, type, shape, entry.data);
  return { name, datatype: type.name, shape, bytes };
}

function binaryTensor(where: string, name: string, entry: JsonObject, rest: Uint8Array, size: number): Tensor {
  const type = datatypeNamed(where, entry.datatype);
  const shape = shapeOf(where, entry);
  if (entry.data !== undefined) throw new ProtocolError(`${where}: found both data and binary_data_size`);
  if (size > rest.byteLength) {
    throw new ProtocolError(
      `${where}.parameters.binary_data_size: found ${size}, but the body has ${rest.byteLength} bytes left`,
    );
  }
  const bytes = rest.subarray(0, size);
  checkRaw(where, type, shape, bytes);
  return { name, datatype: type.name, shape, bytes };
}

function shapeOf(where: string, entry: JsonObject): readonly number[] {
  const { shape } = entry;
  if (!Array.isArray(shape)) {
    throw new ProtocolError(`${where}.shape: found ${quoted(shape)}, expected a list of whole numbers`);
  }
  declaredElements(where, shape);
  return shape;
}

/** A tensor's entry as JSON text; binary: without its elements, with their size. */
export function tensorText(where: string, tensor: Tensor, form: 'json' | 'binary'): string {
  const { name, datatype, shape } = tensor;
  const head = `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`;
  return form === 'binary'
    ? `${head},"parameters":{"binary_data_size":${tensor.bytes.byteLength}}}`
    : `${head},"data":${dataText(where, tensor)}}`;
}

/** `"parameters":{…},` or nothing. */
export function parametersText(parameters: Parameters): string {
  if (parameters === NO_PARAMETERS || Object.keys(parameters).length === 0) return '';
  const entries = Object.entries(parameters).map(
    ([name, value]) => `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
  );
  return `"parameters":{${entries.join(',')}},`;
}

const encoder = new TextEncoder();

/** A message of a JSON text and the tensors that follow it in binary. */
export function httpMessage(text: string, binary: readonly Tensor[]): HttpMessage {
  const head = encoder.encode(text);
  if (binary.length === 0) return { parts: [head], headerLength: null };
  return { parts: [head, ...binary.map(({ bytes }) => bytes)], headerLength: head.byteLength };
}

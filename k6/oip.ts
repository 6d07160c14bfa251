/**
 * One inference by the Open Inference Protocol, over HTTP (JSON) or gRPC: what every scenario here sends.
 *
 * Environment: URL (`http://127.0.0.1:8000`; of gRPC `127.0.0.1:8001`), MODEL, PROTOCOL (`oip-json` or `grpc`), BATCH,
 * TIMEOUT (`5s`). Inputs follow the model's own metadata; free dimensions are bound to BATCH.
 */
import { check } from 'k6';
import http, { type RefinedResponse } from 'k6/http';
import grpc from 'k6/net/grpc';

interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean | string)[];
}

/** What `setup` hands to every virtual user. */
export interface Prepared {
  readonly inputs: readonly InputTensor[];
}

interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly (number | string)[];
}

const PROTOCOL = __ENV.PROTOCOL ?? 'oip-json';
const IS_GRPC = PROTOCOL === 'grpc';
const URL = __ENV.URL ?? (IS_GRPC ? '127.0.0.1:8001' : 'http://127.0.0.1:8000');
const MODEL = __ENV.MODEL ?? 'model';
const BATCH = Number(__ENV.BATCH ?? 1);
const TIMEOUT = __ENV.TIMEOUT ?? '5s';

if (PROTOCOL !== 'oip-json' && PROTOCOL !== 'grpc') {
  throw new Error(`PROTOCOL: found ${PROTOCOL}, expected oip-json or grpc`);
}

/** The endpoint had no room for the request: counted as rejected, not as an error of the endpoint. */
class Rejected extends Error {
  override readonly name = 'Rejected';
}

const client = new grpc.Client();
if (IS_GRPC) client.load([__ENV.PROTO_FOLDER ?? '../src/oip/proto'], 'inference.proto');
let isConnected = false;

const SERVICE = 'inference.GRPCInferenceService';
const RESOURCE_EXHAUSTED = 8;

/** Asks the endpoint what the model takes, once, and makes one input of each kind: the same in every run. */
export function setup(): Prepared {
  const inputs = IS_GRPC ? grpcMetadata() : httpMetadata();
  return { inputs: inputs.map(tensorOf) };
}

/** One inference. Throws where there is no answer; a check fails where the answer is none to be used. */
export function infer({ inputs }: Prepared): void {
  if (IS_GRPC) inferByGrpc(inputs);
  else inferByHttp(inputs);
}

function inferByHttp(inputs: readonly InputTensor[]): void {
  const answer = http.post(`${URL}/v2/models/${MODEL}/infer`, bodyOf(inputs), {
    headers: { 'content-type': 'application/json' },
    tags: { name: 'infer' },
    timeout: TIMEOUT,
  });
  refuse(answer);
  check(answer, { 'answers with outputs': ({ body }) => typeof body === 'string' && body.includes('"outputs"') });
}

function refuse({ status, error, error_code: code }: RefinedResponse<'text'>): void {
  const isRefused = code === 1212 || status === 429 || status === 503;
  if (isRefused) throw new Rejected(error === '' ? `status ${status}` : error);
  if (status !== 200) throw new Error(error === '' ? `status ${status}` : error);
}

let body = '';
/** Encoded once for each virtual user. */
function bodyOf(inputs: readonly InputTensor[]): string {
  if (body === '') body = JSON.stringify({ inputs });
  return body;
}

function inferByGrpc(inputs: readonly InputTensor[]): void {
  connect();
  const request = { model_name: MODEL, inputs: inputs.map(grpcTensor) };
  const answer = client.invoke(`${SERVICE}/ModelInfer`, request, { tags: { name: 'infer' }, timeout: TIMEOUT });
  if (answer.status === RESOURCE_EXHAUSTED) throw new Rejected('RESOURCE_EXHAUSTED');
  if (answer.status !== grpc.StatusOK) throw new Error(`status ${answer.status}: ${JSON.stringify(answer.error)}`);
  check(answer, { 'answers with outputs': ({ message }) => 'outputs' in message });
}

function connect(): void {
  if (isConnected) return;
  client.connect(URL, { plaintext: true, timeout: TIMEOUT });
  isConnected = true;
}

function httpMetadata(): readonly TensorMetadata[] {
  const answer = http.get(`${URL}/v2/models/${MODEL}`, { tags: { name: 'metadata' }, responseType: 'text' });
  if (answer.status !== 200) throw new Error(`${URL}: found no model ${MODEL} (status ${answer.status})`);
  return (answer.json() as unknown as { readonly inputs: readonly TensorMetadata[] }).inputs;
}

function grpcMetadata(): readonly TensorMetadata[] {
  client.connect(URL, { plaintext: true, timeout: TIMEOUT });
  const answer = client.invoke(`${SERVICE}/ModelMetadata`, { name: MODEL });
  client.close();
  if (answer.status !== grpc.StatusOK) throw new Error(`${URL}: found no model ${MODEL} (status ${answer.status})`);
  return (answer.message as unknown as { readonly inputs: readonly TensorMetadata[] }).inputs;
}

function tensorOf({ name, datatype, shape }: TensorMetadata): InputTensor {
  const bound = shape.map((size) => (Number(size) > 0 ? Number(size) : BATCH));
  const count = bound.reduce((product, size) => product * size, 1);
  return { name, datatype, shape: bound, data: Array.from({ length: count }, (_, i) => exampleValue(datatype, i)) };
}

/** The i-th value: spread evenly over [0, 1), or small whole numbers. */
function exampleValue(datatype: string, i: number): number | boolean | string {
  if (datatype === 'BOOL') return i % 2 === 1;
  if (datatype === 'BYTES') return `text ${i}`;
  return datatype.startsWith('FP') ? Math.fround((i * 0.618034) % 1) : i % 100;
}

/** Where the protocol keeps values of a datatype. */
const CONTENTS: Readonly<Record<string, string>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
};

function grpcTensor({ name, datatype, shape, data }: InputTensor): object {
  const contents = CONTENTS[datatype];
  if (contents === undefined) throw new Error(`${name}: found ${datatype}, which this script does not send by gRPC`);
  return { name, datatype, shape, contents: { [contents]: data } };
}

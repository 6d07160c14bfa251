import type { OipCall } from '../../campaign/endpoint-spec.ts';
import { headerLengthOf } from '../../oip/http-message.ts';
import { encodeRequest } from '../../oip/http-request.ts';
import { decodeResponse } from '../../oip/http-response.ts';
import { BINARY_TYPE, HEADER_LENGTH_HEADER, type InferRequest, JSON_TYPE } from '../../oip/infer.ts';
import {
  decodeModelMetadata,
  decodeServerMetadata,
  type ModelMetadata,
  type ServerMetadata,
} from '../../oip/metadata.ts';
import { NO_PARAMETERS } from '../../oip/parameters.ts';
import { ProtocolError } from '../../oip/protocol-error.ts';
import type { Tensor } from '../../oip/tensor.ts';
import type { Asker, Exchange } from './carrier.ts';
import { EndpointRefused } from './connection-fault.ts';
import type { OipSamples } from './oip-samples.ts';
import type { PreparedRequest } from './prepared-request.ts';

/** What the server says of itself and of the model. */
export interface OipMetadata {
  /** Null: it says nothing of itself. */
  readonly server: ServerMetadata | null;
  readonly model: ModelMetadata;
}

export const get = (path: string): PreparedRequest => ({ method: 'GET', path, headers: [], body: [] });

/** The path of a model, below the one that the address has. */
export function modelPath(base: string, { model, modelVersion }: Pick<OipCall, 'model' | 'modelVersion'>): string {
  const version = modelVersion === null ? '' : `/versions/${encodeURIComponent(modelVersion)}`;
  return `${base.replace(/\/$/u, '')}/v2/models/${encodeURIComponent(model)}${version}`;
}

/** Asks the server what it serves. @throws EndpointRefused */
export async function askMetadata(carrier: Asker, base: string, call: OipCall, withinMs: number): Promise<OipMetadata> {
  const path = modelPath(base, call);
  const ready = await carrier.exchange(get(`${path}/ready`), withinMs);
  if (ready.status !== 200) throw new EndpointRefused(`${path}/ready: ${statusWords(ready.status, call.model)}`);
  const model = await carrier.exchange(get(path), withinMs);
  if (model.status !== 200) throw new EndpointRefused(`${path}: ${statusWords(model.status, call.model)}`);
  const server = await carrier.exchange(get(`${base.replace(/\/$/u, '')}/v2`), withinMs);
  return {
    model: read(path, () => decodeModelMetadata(model.body)),
    server: server.status === 200 ? read('/v2', () => decodeServerMetadata(server.body)) : null,
  };
}

/** What a status means for whoever asked for a model. */
export function statusWords(status: number, model: string): string {
  switch (status) {
    case 401:
    case 403:
      return `answered ${status}; expected a request that is let in, with the right token under headers.authorization`;
    case 404:
      return `answered 404; expected a server of the Open Inference Protocol that serves the model ${model}`;
    default:
      return `answered ${status}, expected 200`;
  }
}

/** @throws EndpointRefused where the answer is not what the protocol says. */
export function read<T>(where: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) throw new EndpointRefused(`${where}: the answer’s ${error.message}`);
    throw error;
  }
}

/** An inference of one sample. */
export function inferRequest(
  path: string,
  samples: OipSamples,
  form: 'binary' | 'json',
  sample: number,
): PreparedRequest {
  const request: InferRequest = { id: '', parameters: NO_PARAMETERS, inputs: samples.tensors(sample), outputs: [] };
  const { parts, headerLength } = encodeRequest(request, { inputs: form, outputs: form });
  const length: [string, string][] = headerLength === null ? [] : [[HEADER_LENGTH_HEADER, String(headerLength)]];
  return {
    method: 'POST',
    path: `${path}/infer`,
    headers: [['content-type', form === 'binary' ? BINARY_TYPE : JSON_TYPE], ...length],
    body: parts,
  };
}

/** The outputs of an answer. @throws EndpointRefused for anything else than an answer of the protocol. */
export function outputsOf(answer: Exchange, path: string, model: string): readonly Tensor[] {
  if (answer.status !== 200) {
    throw new EndpointRefused(`${path}/infer: ${statusWords(answer.status, model)}${told(answer.body)}`);
  }
  return read(
    `${path}/infer`,
    () => decodeResponse(answer.body, headerLengthOf(answer.header(HEADER_LENGTH_HEADER))).outputs,
  );
}

/** The server's own words, of one line. */
function told(body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString('utf8', 0, 2000)) as { readonly error?: unknown };
    return typeof error === 'string' ? ` (${error.replaceAll(/\s+/gu, ' ').slice(0, 200)})` : '';
  } catch {
    return '';
  }
}

import type { OipCall } from '../../campaign/endpoint-spec.ts';
import { messageOfRequest, responseOfMessage } from '../../oip/grpc-message.ts';
import { type InferenceMethods, inferenceMethods, type UnaryMethod } from '../../oip/grpc-methods.ts';
import { modelMetadataOfMessage, serverMetadataOfMessage } from '../../oip/metadata.ts';
import { NO_PARAMETERS } from '../../oip/parameters.ts';
import { ProtocolError } from '../../oip/protocol-error.ts';
import { type ModelStatistics, statisticsOfMessage } from '../../oip/statistics.ts';
import type { Tensor } from '../../oip/tensor.ts';
import type { Asker } from './carrier.ts';
import { EndpointRefused } from './connection-fault.ts';
import { framed, unframed } from './grpc-frame.ts';
import { decodedMessage, grpcSentence } from './grpc-status.ts';
import type { OipMetadata } from './oip-http.ts';
import type { OipSamples } from './oip-samples.ts';
import type { PreparedRequest } from './prepared-request.ts';

/** A call of one message. */
export const grpcRequest = (path: string, message: Uint8Array): PreparedRequest => ({
  method: 'POST',
  path,
  headers: [],
  body: [framed(message)],
});

/** Calls a method before the load. @throws EndpointRefused for any status but OK. */
export async function call(carrier: Asker, path: string, message: Uint8Array, withinMs: number): Promise<Uint8Array> {
  const answer = await carrier.exchange(grpcRequest(path, message), withinMs);
  if (answer.status === 0) return unframed(answer.body, path);
  if (answer.status > 0) {
    throw new EndpointRefused(
      `${path}: ${grpcSentence(answer.status, decodedMessage(answer.header('grpc-message')), path)}`,
    );
  }
  throw new EndpointRefused(
    `${path}: answered HTTP ${answer.header(':status') ?? 'without a status'} and no gRPC status; expected a gRPC server`,
  );
}

/** The Open Inference Protocol of one model. */
export class OipCalls {
  readonly #methods: InferenceMethods;
  readonly #call: OipCall;

  constructor(service: string | null, oip: OipCall) {
    this.#methods = inferenceMethods(service ?? undefined);
    this.#call = oip;
  }

  /** @throws EndpointRefused */
  async metadata(carrier: Asker, withinMs: number): Promise<OipMetadata> {
    const { model: name, modelVersion } = this.#call;
    const version = modelVersion ?? '';
    const { modelReady, modelMetadata, serverMetadata } = this.#methods;
    const ready = await this.#ask(carrier, modelReady, { name, version }, withinMs);
    if (!ready.ready)
      throw new EndpointRefused(`${modelReady.path}: the model ${name} is not ready, expected it to be`);
    const model = await this.#ask(carrier, modelMetadata, { name, version }, withinMs);
    const server = await this.#ask(carrier, serverMetadata, {}, withinMs).catch(() => null);
    return {
      model: asked(modelMetadata.path, () => modelMetadataOfMessage(model)),
      server: server === null ? null : serverMetadataOfMessage(server),
    };
  }

  /** Where the server's own counts are asked for. */
  get statisticsPath(): string {
    return this.#methods.modelStatistics.path;
  }

  /** @throws EndpointRefused */
  async statistics(carrier: Asker, withinMs: number): Promise<readonly ModelStatistics[]> {
    const { model: name, modelVersion } = this.#call;
    const fields = { name, version: modelVersion ?? '' };
    return statisticsOfMessage(await this.#ask(carrier, this.#methods.modelStatistics, fields, withinMs));
  }

  request(samples: OipSamples, sample: number): PreparedRequest {
    const request = { id: '', parameters: NO_PARAMETERS, inputs: samples.tensors(sample), outputs: [] };
    const address = { name: this.#call.model, version: this.#call.modelVersion ?? '' };
    const { path, encodeRequest } = this.#methods.modelInfer;
    return grpcRequest(path, encodeRequest(messageOfRequest(request, address)));
  }

  /** The outputs of the inference of a sample. @throws EndpointRefused */
  async outputs(carrier: Asker, samples: OipSamples, sample: number, withinMs: number): Promise<readonly Tensor[]> {
    const request = this.request(samples, sample);
    const answer = await call(carrier, request.path, Buffer.concat(request.body).subarray(5), withinMs);
    return asked(request.path, () => responseOfMessage(this.#methods.modelInfer.decodeResponse(answer)).outputs);
  }

  /** The outputs in the body of an answer. @throws EndpointRefused */
  outputsIn(body: Buffer): readonly Tensor[] {
    const { path, decodeResponse } = this.#methods.modelInfer;
    return asked(path, () => responseOfMessage(decodeResponse(unframed(body, path))).outputs);
  }

  async #ask<I, O>(carrier: Asker, method: UnaryMethod<I, O>, fields: object, withinMs: number): Promise<O> {
    const message = method.encodeRequest({ $typeName: '', ...method.decodeRequest(new Uint8Array()), ...fields } as I);
    const bytes = await call(carrier, method.path, message, withinMs);
    return asked(method.path, () => method.decodeResponse(bytes));
  }
}

function asked<T>(where: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    const says = error instanceof ProtocolError ? error.message : 'message cannot be read';
    throw new EndpointRefused(`${where}: the answer’s ${says}`, { cause: error });
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseDuration } from '../../campaign/quantity.ts';
import { headerLengthOf, joined } from '../../oip/http-message.ts';
import { decodeRequest } from '../../oip/http-request.ts';
import { encodeResponse } from '../../oip/http-response.ts';
import { BINARY_TYPE, HEADER_LENGTH_HEADER, type InferRequest, JSON_TYPE, wantsBinary } from '../../oip/infer.ts';
import { type Ns, ns } from '../../time/ns.ts';
import { Refusal } from '../refusal.ts';
import type { Call, ServedModel } from '../served-model.ts';
import { codingFor, encoded } from './body.ts';

/** How long a client wants to wait, from the arrival of its request: `x-request-timeout: 250ms`. */
export const TIMEOUT_HEADER = 'x-request-timeout';

export interface InferRoute {
  Params: { readonly model: string; readonly version?: string };
  Body: Buffer;
}

/** `POST /v2/models/<model>/infer`. Watched by `bench/serve-rate.ts`. */
export async function inferRoute(
  model: ServedModel,
  request: FastifyRequest<InferRoute>,
  reply: FastifyReply<InferRoute>,
  arrivedAt: Ns,
): Promise<unknown> {
  const call = callOf(request, arrivedAt);
  const asked = read(model, request);
  const inference = model.infer(asked, call);
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) inference.withdraw();
  });
  const { response, timing } = await inference.answer;
  const message = encodeResponse(response, (output) => wantsBinary(asked, output));
  reply.header('server-timing', timing);
  if (message.headerLength !== null) reply.header(HEADER_LENGTH_HEADER, message.headerLength);
  reply.header('content-type', message.headerLength === null ? JSON_TYPE : BINARY_TYPE);
  return sent(request, reply, joined(message));
}

function sent(request: FastifyRequest<InferRoute>, reply: FastifyReply<InferRoute>, bytes: Uint8Array): unknown {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const coding = codingFor(request.headers['accept-encoding'], body.byteLength);
  if (coding === null) return body;
  reply.header('content-encoding', coding).header('vary', 'accept-encoding');
  return encoded(body, coding);
}

function read(model: ServedModel, request: FastifyRequest<InferRoute>): InferRequest {
  const { model: name, version = '' } = request.params;
  model.require(name, version);
  const header = request.headers[HEADER_LENGTH_HEADER];
  return decodeRequest(request.body ?? NOTHING, headerLengthOf(typeof header === 'string' ? header : undefined));
}

const NOTHING = new Uint8Array();

function callOf(request: FastifyRequest<InferRoute>, arrivedAt: Ns): Call {
  const header = request.headers[TIMEOUT_HEADER];
  if (header === undefined) return { arrivedAt, deadline: null };
  const timeout = parseDuration(header);
  if (timeout.ok) return { arrivedAt, deadline: ns(arrivedAt + timeout.value) };
  throw new Refusal('invalid', `${TIMEOUT_HEADER}: ${timeout.problem}`);
}

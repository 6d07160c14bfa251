import { Agent, request } from 'node:http';
import { Client, credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeStrings } from '../../src/oip/bytes-elements.ts';
import { datatypeOf } from '../../src/oip/datatype.ts';
import { messageOfRequest } from '../../src/oip/grpc-message.ts';
import { inferenceMethods } from '../../src/oip/grpc-methods.ts';
import { joined } from '../../src/oip/http-message.ts';
import { encodeRequest } from '../../src/oip/http-request.ts';
import { HEADER_LENGTH_HEADER, type InferRequest } from '../../src/oip/infer.ts';
import type { Tensor } from '../../src/oip/tensor.ts';
import { milliseconds } from '../../src/time/ns.ts';
import { asked, rawCall, served } from '../support/endpoint.ts';
import { mutations } from '../support/mutations.ts';
import { everyTypeModel, SERVED_TYPES } from '../support/served-models.ts';

const ROUNDS = 2500;
const AT_ONCE = 8;
const SEED = 20;

const good: InferRequest = {
  id: 'q',
  parameters: { priority: 1 },
  inputs: SERVED_TYPES.map(({ name, width, onnx }): Tensor => {
    const bytes = width === 0 ? encodeStrings(['a', 'b', 'c', 'd']) : new Uint8Array(4 * width).fill(1);
    return { name: `${onnx}_in`, datatype: name, shape: [2, 2], bytes };
  }),
  outputs: [{ name: 'int8_out', parameters: {} }],
};

/** Draws from a seeded arbitrary, so that a finding can be found again. */
const drawn = <T>(arbitrary: fc.Arbitrary<T>): readonly T[] => fc.sample(arbitrary, { seed: SEED, numRuns: ROUNDS });

async function inTurns<T>(all: readonly T[], ask: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const one = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await ask(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** The status, 0 where the connection was ended without one. Rejects when there is no answer within 10 s: a hang. */
function post(agent: Agent, port: number, body: Uint8Array, headerLength: string | null): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = headerLength === null ? {} : { [HEADER_LENGTH_HEADER]: headerLength };
  const ask = request(
    { agent, port, host: '127.0.0.1', method: 'POST', path: '/v2/models/m/infer', headers, timeout: 10_000 },
    (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    },
  );
  ask.on('timeout', () => reject(new Error('no answer within 10 s')));
  ask.on('error', () => resolve(0));
  ask.end(body);
  return promise;
}

test('thousands of mutated requests over HTTP get an answer or a refusal of their own fault, and leave the endpoint as it was', async () => {
  const { endpoint, url } = await served(everyTypeModel(), {
    batching: { max: 4, delayNs: milliseconds(0), preferred: [] },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const forms = (['binary', 'json'] as const).map((inputs) => encodeRequest(good, { inputs, outputs: 'asked' }));
  const cases = fc
    .constantFrom(...forms)
    .chain((message) =>
      fc.tuple(
        mutations(joined(message)),
        fc.oneof(
          { weight: 4, arbitrary: fc.constant(message.headerLength === null ? null : String(message.headerLength)) },
          { weight: 1, arbitrary: fc.integer({ min: -2, max: 3000 }).map(String) },
          { weight: 1, arbitrary: fc.constantFrom('9007199254740993', '4294967296', 'x', '') },
        ),
      ),
    );
  const statuses = new Map<number, number>();
  await inTurns(drawn(cases), async ([body, headerLength]) => {
    const status = await post(agent, endpoint.http?.port ?? 0, body, headerLength);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  agent.destroy();
  expect([...statuses.keys()].filter((status) => status !== 200 && (status < 400 || status > 499))).toEqual([]);
  expect(statuses.get(400)).toBeGreaterThan(ROUNDS / 2);
  expect((await asked(url, good, { inputs: 'binary', outputs: 'binary' })).outputs).toHaveLength(1);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('inference_in_flight{model="m"} 0');
  expect(metrics).toContain('inference_errors_total{reason="failed",model="m"} 0');
}, 120_000);

/** INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED: the client's mistakes. */
const MISTAKES: readonly number[] = [3, 5, 8];

test('thousands of mutated requests over gRPC get an answer or a refusal of their own fault', async () => {
  const { endpoint, grpc } = await served(everyTypeModel());
  const client = new Client(`127.0.0.1:${endpoint.grpc?.port}`, credentials.createInsecure());
  const { modelInfer } = inferenceMethods();
  const message = (form: 'raw' | 'typed', inputs: InferRequest['inputs']): Uint8Array =>
    modelInfer.encodeRequest(messageOfRequest({ ...good, inputs }, { name: 'm', version: '' }, form));
  const cases = fc
    .constantFrom(
      message('raw', good.inputs),
      message(
        'typed',
        good.inputs.filter(({ datatype }) => datatypeOf(datatype).contents !== null),
      ),
    )
    .chain(mutations);
  const codes = new Map<number, number>();
  await inTurns(drawn(cases), async (bytes) => {
    const deadline = Date.now() + 10_000;
    const code = await rawCall(client, modelInfer.path, Buffer.from(bytes), { deadline }).then(
      () => 0,
      ({ code: found }) => found as number,
    );
    codes.set(code, (codes.get(code) ?? 0) + 1);
  });
  client.close();
  expect([...codes.keys()].filter((code) => code !== 0 && !MISTAKES.includes(code))).toEqual([]);
  expect(codes.get(3)).toBeGreaterThan(ROUNDS / 2);
  await expect(grpc.modelInfer(messageOfRequest(good, { name: 'm', version: '' }))).resolves.toBeDefined();
}, 120_000);

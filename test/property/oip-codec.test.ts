import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelInferRequest } from '../../src/oip/gen/inference_pb.ts';
import {
  messageOfRequest,
  messageOfResponse,
  requestOfMessage,
  responseOfMessage,
} from '../../src/oip/grpc-message.ts';
import { inferenceMethods } from '../../src/oip/grpc-methods.ts';
import { joined } from '../../src/oip/http-message.ts';
import { decodeRequest, encodeRequest } from '../../src/oip/http-request.ts';
import { decodeResponse, encodeResponse } from '../../src/oip/http-response.ts';
import type { InferRequest, InferResponse } from '../../src/oip/infer.ts';
import { ProtocolError } from '../../src/oip/protocol-error.ts';
import { mutations } from '../support/mutations.ts';
import { requestArbitrary, responseArbitrary } from '../support/oip-tensors.ts';

const plain = <T extends InferRequest | InferResponse>(message: T): unknown =>
  JSON.parse(
    JSON.stringify(message, (_, value) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
      return typeof value === 'bigint' ? Number(value) : value;
    }),
  );

const { modelInfer } = inferenceMethods();

test('any request survives HTTP in binary, and one of texts and numbers survives JSON', () => {
  fc.assert(
    fc.property(requestArbitrary('any'), (request) => {
      const message = encodeRequest(request, { inputs: 'binary', outputs: 'asked' });
      expect(plain(decodeRequest(joined(message), message.headerLength))).toEqual(plain(request));
    }),
    { seed: 1, numRuns: 500 },
  );
  fc.assert(
    fc.property(requestArbitrary('text'), (request) => {
      const message = encodeRequest(request, { inputs: 'json', outputs: 'asked' });
      expect(message.headerLength).toBeNull();
      expect(plain(decodeRequest(joined(message), null))).toEqual(plain(request));
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('any answer survives HTTP, whichever of its outputs are binary', () => {
  fc.assert(
    fc.property(responseArbitrary('text'), fc.boolean(), fc.nat(3), (response, first, from) => {
      const isBinary = (name: string): boolean =>
        response.outputs.findIndex((output) => output.name === name) >= from === first;
      const message = encodeResponse(response, isBinary);
      expect(plain(decodeResponse(joined(message), message.headerLength))).toEqual(plain(response));
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('any message survives gRPC raw, and one of texts and numbers survives typed contents', () => {
  for (const [form, contents] of [
    ['raw', 'any'],
    ['typed', 'text'],
  ] as const) {
    fc.assert(
      fc.property(requestArbitrary(contents), responseArbitrary(contents), (ask, answer) => {
        const asked = modelInfer.encodeRequest(messageOfRequest(ask, { name: 'm', version: '' }, form));
        expect(plain(requestOfMessage(modelInfer.decodeRequest(asked)))).toEqual(plain(ask));
        const answered = modelInfer.encodeResponse(messageOfResponse(answer, form));
        expect(plain(responseOfMessage(modelInfer.decodeResponse(answered)))).toEqual(plain(answer));
      }),
      { seed: 4, numRuns: 300 },
    );
  }
});

/** Decodes: to something whose sizes are right, or to a sentence. */
function decodes(read: () => InferRequest): void {
  let request: InferRequest;
  try {
    request = read();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).not.toMatch(/\n/);
    expect((error as Error).message.length).toBeLessThan(600);
    return;
  }
  for (const { shape } of request.inputs)
    expect(shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
}

test('thousands of mutated HTTP requests give a request or a sentence, never another error', () => {
  fc.assert(
    fc.property(
      requestArbitrary('text').chain((request) => {
        const message = encodeRequest(request, {
          inputs: request.id.length % 2 === 0 ? 'binary' : 'json',
          outputs: 'asked',
        });
        return fc.tuple(mutations(joined(message)), fc.constant(message.headerLength), fc.integer({ min: -3, max: 3 }));
      }),
      ([bytes, headerLength, off]) => {
        decodes(() => decodeRequest(bytes, headerLength === null ? null : Math.max(0, headerLength + off)));
      },
    ),
    { seed: 5, numRuns: 3000 },
  );
});

test('thousands of mutated gRPC requests give a request or a sentence, once they can be decoded at all', () => {
  fc.assert(
    fc.property(
      requestArbitrary('any').chain((request) =>
        mutations(modelInfer.encodeRequest(messageOfRequest(request, { name: 'm', version: '1' }))),
      ),
      (bytes) => {
        let message: ModelInferRequest;
        try {
          message = modelInfer.decodeRequest(bytes);
        } catch {
          return;
        }
        decodes(() => requestOfMessage(message));
      },
    ),
    { seed: 6, numRuns: 3000 },
  );
});

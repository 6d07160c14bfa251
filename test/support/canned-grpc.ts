// A small gRPC server that does as a test says, on loopback.

import { create } from '@bufbuild/protobuf';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import {
  ModelInferResponseSchema,
  ModelMetadataResponseSchema,
  ModelReadyResponseSchema,
  ServerMetadataResponseSchema,
} from '../../src/oip/gen/inference_pb.ts';
import { inferenceMethods } from '../../src/oip/grpc-methods.ts';

/** What becomes of a call: null: it is answered; else its status and message. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
}

export type OnCall = (
  index: number,
  call: ServerUnaryCall<Buffer, Buffer>,
) => Promise<CallStatus | null> | CallStatus | null;

export interface CannedGrpc {
  readonly address: string;
  readonly port: number;
  readonly close: () => void;
}

const bytes = (value: Uint8Array): Buffer => Buffer.from(value);

function definition(paths: readonly string[]): ServiceDefinition {
  return Object.fromEntries(
    paths.map((path) => [
      path,
      {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    ]),
  );
}

async function started(
  handlers: Readonly<Record<string, Handler>>,
  port: number,
  credentials = ServerCredentials.createInsecure(),
): Promise<CannedGrpc> {
  const server = new Server();
  server.addService(definition(Object.keys(handlers)), handlers);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) => (error === null ? resolve(at) : reject(error))),
  );
  return { address: `127.0.0.1:${bound}`, port: bound, close: () => server.forceShutdown() };
}

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void;

const answering = (answer: (request: Buffer) => Uint8Array, onCall: OnCall = () => null): Handler => {
  let index = 0;
  return async (call, done) => {
    const status = await onCall(index++, call);
    if (status === null) done(null, Buffer.from(answer(call.request)));
    else done(status);
  };
};

/** A model `m` of one input and one output of two floats; `onInfer` decides about every inference, the probe included. */
export function cannedOip(
  onInfer: OnCall,
  port = 0,
  service?: string,
  versions: () => string[] = () => ['1'],
): Promise<CannedGrpc> {
  const { modelReady, modelMetadata, serverMetadata, modelInfer } = inferenceMethods(service);
  const tensor = { datatype: 'FP32', shape: [-1n, 2n] };
  const metadata = () =>
    create(ModelMetadataResponseSchema, {
      name: 'm',
      versions: versions(),
      platform: 'canned',
      inputs: [{ name: 'x', ...tensor }],
      outputs: [{ name: 'y', ...tensor }],
    });
  const infer = create(ModelInferResponseSchema, {
    modelName: 'm',
    modelVersion: '1',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1n, 2n] }],
    rawOutputContents: [new Uint8Array(8)],
  });
  return started(
    {
      [modelReady.path]: answering((request) =>
        modelReady.encodeResponse(
          create(ModelReadyResponseSchema, { ready: modelReady.decodeRequest(request).name === 'm' }),
        ),
      ),
      [modelMetadata.path]: answering(() => modelMetadata.encodeResponse(metadata())),
      [serverMetadata.path]: answering(() =>
        serverMetadata.encodeResponse(create(ServerMetadataResponseSchema, { name: 'canned', version: '1.0' })),
      ),
      [modelInfer.path]: answering(() => modelInfer.encodeResponse(infer), onInfer),
    },
    port,
  );
}

/** One method that answers with the bytes it was sent. */
export const cannedEcho = (path: string, onCall?: OnCall): Promise<CannedGrpc> =>
  started({ [path]: answering((request) => request, onCall) }, 0);

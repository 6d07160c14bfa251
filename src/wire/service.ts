import type { DescMessage, DescMethodBiDiStreaming, MessageShape } from '@bufbuild/protobuf';
import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  handleBidiStreamingCall,
  Metadata,
  MethodDefinition,
  Server,
  ServerDuplexStream,
} from '@grpc/grpc-js';
import { fromBinary, toBinary } from './protobuf.ts';

/** A generated service all of whose methods stream both ways. */
interface BidiService {
  readonly typeName: string;
  readonly method: Readonly<Record<string, DescMethodBiDiStreaming>>;
}

type Request<S extends BidiService, M extends keyof S['method']> = MessageShape<S['method'][M]['input']>;
type Response<S extends BidiService, M extends keyof S['method']> = MessageShape<S['method'][M]['output']>;

/** One handler per method: reads requests from the stream it is given and writes responses to it. */
export type BidiHandlers<S extends BidiService> = {
  readonly [M in keyof S['method']]: (call: ServerDuplexStream<Request<S, M>, Response<S, M>>) => void;
};

/** One function per method: opens the stream, on which requests are written and responses read. */
export type BidiClient<S extends BidiService> = {
  readonly [M in keyof S['method']]: (
    metadata: Metadata,
    options?: CallOptions,
  ) => ClientDuplexStream<Request<S, M>, Response<S, M>>;
};

/** Makes a grpc-js server answer a service described by protobuf-es. The handlers obey `write()` returning false. */
export function addBidiService<S extends BidiService>(server: Server, service: S, handlers: BidiHandlers<S>): void {
  const definition: Record<string, MethodDefinition<object, object>> = {};
  const implementation: Record<string, handleBidiStreamingCall<object, object>> = {};
  const untyped = handlers as Readonly<Record<string, handleBidiStreamingCall<object, object>>>;
  for (const [name, method] of Object.entries(service.method)) {
    definition[name] = definitionOf(service, method);
    const handler = untyped[name];
    if (handler !== undefined) implementation[name] = handler;
  }
  server.addService(definition, implementation);
}

/** A typed client of a service on an existing channel; the caller owns and closes the channel. */
export function bidiClient<S extends BidiService>(channel: Client, service: S): BidiClient<S> {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(service.method)) {
    const { path, requestSerialize, responseDeserialize } = definitionOf(service, method);
    client[name] = (metadata: Metadata, options?: CallOptions) =>
      channel.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options);
  }
  return client as BidiClient<S>;
}

const definitionOf = (service: BidiService, method: DescMethodBiDiStreaming): MethodDefinition<object, object> => ({
  path: `/${service.typeName}/${method.name}`,
  requestStream: true,
  responseStream: true,
  requestSerialize: serializer(method.input),
  requestDeserialize: deserializer(method.input),
  responseSerialize: serializer(method.output),
  responseDeserialize: deserializer(method.output),
});

/** grpc-js wants a Buffer; this one is a view of the encoded bytes, not a copy. */
const serializer =
  (schema: DescMessage) =>
  (message: object): Buffer => {
    const bytes = toBinary(schema, message as MessageShape<DescMessage>);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };

const deserializer =
  (schema: DescMessage) =>
  (bytes: Buffer): object =>
    fromBinary(schema, bytes);

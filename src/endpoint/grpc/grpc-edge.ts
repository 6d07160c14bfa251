import { createServer, type Socket } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import {
  ModelConfigResponseSchema,
  ModelMetadataResponseSchema,
  ModelReadyResponseSchema,
  ModelStatisticsResponseSchema,
  RepositoryIndexResponseSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from '../../oip/gen/inference_pb.ts';
import { formOf, messageOfResponse, requestOfMessage } from '../../oip/grpc-message.ts';
import { inferenceMethods, type UnaryMethod } from '../../oip/grpc-methods.ts';
import { NS_PER_MS, type Ns, ns, toMilliseconds } from '../../time/ns.ts';
import { configMessage } from '../config.ts';
import { Connections } from '../connections.ts';
import type { Edge, EdgeParts } from '../edge.ts';
import type { ListenSpec } from '../endpoint-spec.ts';
import { listening, type TlsFiles } from '../listening.ts';
import { GRPC_STATUS, Refusal } from '../refusal.ts';
import { type Call, refusalFor, VERSION } from '../served-model.ts';
import { requestIdOf, TRACE_PARENT, TRACE_STATE, traceIdOf } from '../trace-context.ts';
import { type Receiving, receiving } from './receiving.ts';
import { statisticsMessage } from './statistics-message.ts';

type Bytes = ServerUnaryCall<Buffer, Buffer>;

/** A connection without a call for so long is ended. */
const IDLE_MS = 300_000;
/** How long a client may take for the first bytes of a connection, and how many they are. */
const GREETING_MS = 10_000;
const GREETING_BYTES = 33;
/** Calls in flight on one connection. */
const MOST_STREAMS = 1024;
const CLOSING_MS = 30_000;

/** The protocol over gRPC. Connections are accepted here, so that their number has a bound. @throws ListenFailure */
export async function grpcEdge(parts: EdgeParts, at: ListenSpec): Promise<Edge> {
  const { arriving, limits, clock, model } = parts;
  const { maxBodyBytes, maxConnections, receiveNs } = limits;
  const grpc = new Server({
    'grpc.max_receive_message_length': maxBodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MOST_STREAMS,
    'grpc.max_connection_idle_ms': IDLE_MS,
    'grpc.enable_channelz': 0,
    interceptors: [
      receiving({ longestMs: toMilliseconds(receiveNs), arriving, now: () => clock.now(), refused: counting(model) }),
    ],
  });
  addMethods(grpc, parts);
  const injector = grpc.createConnectionInjector(credentialsOf(parts.tls));
  const server = createServer({ noDelay: true, pauseOnConnect: false }, (socket) => {
    expectGreeting(socket, Math.min(GREETING_MS, toMilliseconds(receiveNs)));
    // Whatever breaks a connection is told to its calls; nobody else needs to know.
    socket.on('error', () => socket.destroy());
    injector.injectConnection(socket);
  });
  server.maxConnections = maxConnections;
  const connections = new Connections(server);
  const port = await listening(server, 'grpc', at);
  server.on('error', (error) => parts.log.error({ err: error }, 'gRPC listener'));
  return {
    host: at.host,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      injector.drain(CLOSING_MS);
      await closed;
      grpc.forceShutdown();
    },
    endQuiet: () => connections.endQuiet(),
    sever: () => connections.sever(),
  };
}

/** A refused inference counts, though it never became a call. */
const counting =
  (model: EdgeParts['model']): Receiving['refused'] =>
  (path, refusal, arrivedAt) => {
    if (path === inferenceMethods().modelInfer.path) model.refused(refusal, arrivedAt);
  };

/** Any client says so much at once, whatever it is here for: HTTP/2's preface and a frame's head. */
function expectGreeting(socket: Socket, withinMs: number): void {
  const timer = setTimeout(() => {
    if (socket.bytesRead < GREETING_BYTES) socket.destroy();
  }, withinMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

function credentialsOf(tls: TlsFiles | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  return ServerCredentials.createSsl(clientCa, [{ cert_chain: cert, private_key: key }], clientCa !== null);
}

/** Bytes in, bytes out: a message that cannot be decoded is the client's mistake and not this program's. */
const same = (bytes: Buffer): Buffer => bytes;

interface Answered<O> {
  readonly message: O;
  readonly timing?: string;
}

type Answer<I, O> = (
  message: I,
  call: Call,
  onLeft: (withdraw: () => void) => void,
) => Promise<Answered<O>> | Answered<O>;

function addMethods(grpc: Server, parts: EdgeParts): void {
  const { model, server, configured } = parts;
  const methods = inferenceMethods();
  const add = <I, O>(method: UnaryMethod<I, O>, answer: Answer<I, O>, isOpen = false): void =>
    void grpc.register<Buffer, Buffer>(method.path, handlerOf(parts, method, answer, isOpen), same, same, 'unary');
  add(methods.serverLive, () => ({ message: create(ServerLiveResponseSchema, { live: true }) }), true);
  add(methods.serverReady, () => ({ message: create(ServerReadyResponseSchema, { ready: model.isReady }) }), true);
  add(methods.serverMetadata, () => ({
    message: create(ServerMetadataResponseSchema, { ...server, extensions: [...server.extensions] }),
  }));
  add(methods.modelReady, ({ name, version }) => {
    model.require(name, version);
    return { message: create(ModelReadyResponseSchema, { ready: model.isReady }) };
  });
  add(methods.modelMetadata, ({ name, version }) => {
    model.require(name, version);
    const tensor = (each: (typeof model.metadata.inputs)[number]) => ({ ...each, shape: each.shape.map(BigInt) });
    const { metadata } = model;
    const [inputs, outputs] = [metadata.inputs.map(tensor), metadata.outputs.map(tensor)];
    return { message: create(ModelMetadataResponseSchema, { ...metadata, versions: [VERSION], inputs, outputs }) };
  });
  add(methods.modelConfig, ({ name, version }) => {
    model.require(name, version);
    return { message: create(ModelConfigResponseSchema, { config: configMessage(configured) }) };
  });
  add(methods.modelStatistics, ({ name, version }) => {
    if (name !== '') model.require(name, version);
    return { message: create(ModelStatisticsResponseSchema, { modelStats: [statisticsMessage(model.statistics())] }) };
  });
  add(methods.repositoryIndex, () => ({
    message: create(RepositoryIndexResponseSchema, {
      models: [{ name: model.parts.name, version: VERSION, state: 'READY' }],
    }),
  }));
  add(methods.modelInfer, async (message, call, onLeft) => {
    model.require(message.modelName, message.modelVersion);
    const inference = model.infer(requestOfMessage(message), call);
    onLeft(inference.withdraw);
    const { response, timing } = await inference.answer;
    return { message: messageOfResponse(response, formOf(message)), timing };
  });
}

function handlerOf<I, O>(parts: EdgeParts, method: UnaryMethod<I, O>, answer: Answer<I, O>, isOpen: boolean) {
  const { clock, bearer, model } = parts;
  const isInference = method.name === inferenceMethods().modelInfer.name;
  const told = logOf(parts, method.name);
  const answered = async (rpc: Bytes, call: Call): Promise<Answered<O>> => {
    if (!isOpen) bearer?.check(firstOf(rpc.metadata, 'authorization'));
    return answer(decodedBy(method, rpc.request), call, (withdraw) => void rpc.on('cancelled', withdraw));
  };
  return (rpc: Bytes, callback: sendUnaryData<Buffer>): void => {
    const arrivedAt = clock.now();
    passOn(rpc);
    answered(rpc, { arrivedAt, deadline: deadlineOf(rpc, parts, arrivedAt) }).then(
      ({ message, timing }) => {
        const bytes = method.encodeResponse(message);
        callback(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), timed(timing));
        told(rpc, arrivedAt, null);
      },
      (error: unknown) => {
        const refusal = refusalFor(error);
        if (isInference) model.refused(refusal, arrivedAt);
        callback({ code: GRPC_STATUS[refusal.code], details: refusal.message, metadata: retryMetadata(refusal) });
        told(rpc, arrivedAt, refusal);
      },
    );
  };
}

/** A line for every call that is the endpoint's fault; at the level debug, for every call. */
function logOf({ clock, log, model }: EdgeParts, method: string) {
  const isDetailed = log.isLevelEnabled('debug');
  let count = 0;
  return (rpc: Bytes, arrivedAt: Ns, refusal: Refusal | null): void => {
    const isFault = refusal?.code === 'failed';
    if (!isFault && !isDetailed) return;
    const traceId = traceIdOf(firstOf(rpc.metadata, TRACE_PARENT));
    const line = {
      reqId: requestIdOf(firstOf(rpc.metadata, REQUEST_ID)) ?? `g${count++}`,
      ...(traceId === null ? {} : { traceId }),
      method,
      status: refusal === null ? 0 : GRPC_STATUS[refusal.code],
      tookMs: toMilliseconds(ns(clock.now() - arrivedAt)),
      model: model.parts.name,
    };
    if (isFault) log.error({ ...line, err: refusal }, 'call failed');
    else log.debug(line, 'answered');
  };
}

function decodedBy<I, O>(method: UnaryMethod<I, O>, bytes: Buffer): I {
  try {
    return method.decodeRequest(bytes);
  } catch {
    throw new Refusal('invalid', `found bytes that are no request of ${method.name}`);
  }
}

function firstOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}

function deadlineOf(rpc: Bytes, { wall }: EdgeParts, arrivedAt: Ns): Ns | null {
  const deadline = Number(rpc.getDeadline());
  return Number.isFinite(deadline) ? ns(arrivedAt + (deadline - wall.nowMs()) * NS_PER_MS) : null;
}

const REQUEST_ID = 'x-request-id';

/** What a client says to find its call again goes back to it with the head of the answer. */
function passOn(rpc: Bytes): void {
  const metadata = new Metadata();
  let isEmpty = true;
  for (const name of [REQUEST_ID, TRACE_PARENT, TRACE_STATE]) {
    const value = firstOf(rpc.metadata, name);
    if (value === undefined) continue;
    metadata.set(name, value);
    isEmpty = false;
  }
  if (!isEmpty) rpc.sendMetadata(metadata);
}

function timed(timing: string | undefined): Metadata | undefined {
  if (timing === undefined) return undefined;
  const metadata = new Metadata();
  metadata.set('server-timing', timing);
  return metadata;
}

function retryMetadata({ retryAfterS }: Refusal): Metadata {
  const metadata = new Metadata();
  if (retryAfterS !== null) {
    metadata.set('retry-after', String(Math.ceil(retryAfterS)));
    metadata.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfterS * 1000)));
  }
  return metadata;
}

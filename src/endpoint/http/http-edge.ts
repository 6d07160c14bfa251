import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { modelMetadataJson, serverMetadataJson } from '../../oip/metadata.ts';
import { statisticsJson } from '../../oip/statistics.ts';
import { type Ns, toMilliseconds } from '../../time/ns.ts';
import { configJson } from '../config.ts';
import { Connections } from '../connections.ts';
import type { Edge, EdgeParts } from '../edge.ts';
import type { ListenSpec } from '../endpoint-spec.ts';
import { listenFailure } from '../listening.ts';
import { HTTP_STATUS, Refusal } from '../refusal.ts';
import { refusalFor } from '../served-model.ts';
import { requestIdOf, TRACE_PARENT, TRACE_STATE, traceIdOf } from '../trace-context.ts';
import { decoded, received } from './body.ts';
import { type InferRoute, inferRoute } from './infer-route.ts';

/** How long a client may take to send the head of a request; and how long a connection may idle. */
const HEAD_MS = 10_000;
const IDLE_MS = 75_000;
const CHECK_MS = 2_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** When its head had been read. */
    arrivedAt: Ns;
  }
}

/** The protocol over HTTP/1.1, with `/metrics` beside it. @throws ListenFailure */
export async function httpEdge(parts: EdgeParts, at: ListenSpec): Promise<Edge> {
  const app = appFor(parts);
  addBodies(app, parts);
  addCaller(app, parts);
  addAnswers(app, parts);
  addRoutes(app, parts);
  const connections = new Connections(app.server);
  app.server.maxConnections = parts.limits.maxConnections;
  // A client that has said all may close its half and still be answered.
  Object.assign(app.server, { httpAllowHalfOpen: true });
  try {
    await app.listen({ host: at.host, port: at.port, backlog: 1024 });
  } catch (error) {
    await app.close();
    throw listenFailure('http', at, error);
  }
  const address = app.server.address();
  return {
    host: at.host,
    port: typeof address === 'object' && address !== null ? address.port : at.port,
    close: () => app.close(),
    endQuiet: () => connections.endQuiet(),
    sever: () => connections.sever(),
  };
}

function appFor({ tls, limits }: EdgeParts): FastifyInstance {
  const requestMs = toMilliseconds(limits.receiveNs);
  const timeouts = { headersTimeout: Math.min(HEAD_MS, requestMs), connectionsCheckingInterval: CHECK_MS };
  const options = {
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: requestMs,
    keepAliveTimeout: IDLE_MS,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    genReqId: idMaker(),
    requestIdHeader: false,
    frameworkErrors: (error: FastifyError, _: FastifyRequest, reply: FastifyReply) =>
      void reply.code(error.statusCode ?? 400).send({ error: error.message }),
  } as const;
  if (tls === null) return fastify({ ...options, http: timeouts });
  const { cert, key, clientCa } = tls;
  const client = clientCa === null ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return fastify({ ...options, https: { ...timeouts, cert, key, ...client } }) as unknown as FastifyInstance;
}

function idMaker(): (request: { readonly headers: Readonly<Record<string, unknown>> }) => string {
  let count = 0;
  return ({ headers }) => requestIdOf(headers['x-request-id']) ?? `r${count++}`;
}

/** Every body is bytes, whatever its media type says. */
function addBodies(app: FastifyInstance, { limits, arriving }: EdgeParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: FastifyRequest['raw']) => {
    const body = await received(payload, limits.maxBodyBytes, arriving);
    return decoded(body, request.headers['content-encoding'], limits.maxBodyBytes, arriving);
  });
}

/** Probes of the process itself need no token. */
const OPEN = /^\/v2\/health\//;

function addCaller(app: FastifyInstance, { bearer, clock }: EdgeParts): void {
  app.decorateRequest('arrivedAt', 0 as Ns);
  app.addHook('onRequest', (request, reply, done) => {
    request.arrivedAt = clock.now();
    reply.header('x-request-id', request.id);
    for (const name of [TRACE_PARENT, TRACE_STATE]) {
      const value = request.headers[name];
      if (typeof value === 'string') reply.header(name, value);
    }
    try {
      if (!OPEN.test(request.url)) bearer?.check(request.headers.authorization);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

function addAnswers(app: FastifyInstance, { log, clock, model }: EdgeParts): void {
  app.setErrorHandler((error: Error, request, reply) => {
    const refusal = refusalOfError(error);
    if (isInference(request)) model.refused(refusal, request.arrivedAt);
    if (refusal.code === 'failed') log.error({ ...tags(request), err: error }, 'request failed');
    if (refusal.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
    if (refusal.retryAfterS !== null) reply.header('retry-after', Math.ceil(refusal.retryAfterS));
    // What is left of a body that was not read to its end is in the way of the next request.
    if (!request.raw.complete) reply.header('connection', 'close');
    return reply.code(HTTP_STATUS[refusal.code]).type('application/json').send({ error: refusal.message });
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: `found ${request.method} ${request.url.slice(0, 200)}, which this endpoint does not have` }),
  );
  if (!log.isLevelEnabled('debug')) return;
  app.addHook('onResponse', (request, reply, done) => {
    const tookMs = (clock.now() - request.arrivedAt) / 1e6;
    log.debug(
      {
        ...tags(request),
        method: request.method,
        url: request.url,
        status: reply.statusCode,
        tookMs,
        model: model.parts.name,
      },
      'answered',
    );
    done();
  });
}

const isInference = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url?.endsWith('/infer') === true;

/** Fastify's own refusals (a bad path, a head that is too large) are the client's, as its status says. */
function refusalOfError(error: Error): Refusal {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (error instanceof Refusal || status >= 500) return refusalFor(error);
  return new Refusal(status === 413 ? 'too-large' : 'invalid', error.message);
}

const tags = (request: FastifyRequest): { reqId: string; traceId?: string } => {
  const parent = request.headers[TRACE_PARENT];
  const traceId = traceIdOf(typeof parent === 'string' ? parent : undefined);
  return traceId === null ? { reqId: request.id } : { reqId: request.id, traceId };
};

function addRoutes(app: FastifyInstance, { model, server, configured, metrics }: EdgeParts): void {
  const at = (request: FastifyRequest): void => {
    const { model: name, version = '' } = request.params as InferRoute['Params'];
    model.require(name, version);
  };
  app.get('/v2/health/live', (_, reply) => reply.send({ live: true }));
  app.get('/v2/health/ready', (_, reply) => reply.code(model.isReady ? 200 : 503).send({ ready: model.isReady }));
  app.get('/v2', (_, reply) => reply.send(serverMetadataJson(server)));
  app.get('/v2/models/stats', (_, reply) => reply.send(statisticsJson([model.statistics()])));
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.post('/v2/repository/index', (_, reply) =>
    reply.send([{ name: model.parts.name, version: '1', state: 'READY', reason: '' }]),
  );
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, (request, reply) => {
      at(request);
      return reply.send(modelMetadataJson(model.metadata));
    });
    app.get(`${path}/ready`, (request, reply) => {
      at(request);
      return reply.code(model.isReady ? 200 : 503).send({ name: model.parts.name, ready: model.isReady });
    });
    app.get(`${path}/config`, (request, reply) => {
      at(request);
      return reply.send(configJson(configured));
    });
    app.get(`${path}/stats`, (request, reply) => {
      at(request);
      return reply.send(statisticsJson([model.statistics()]));
    });
    app.post<InferRoute>(`${path}/infer`, (request, reply) => inferRoute(model, request, reply, request.arrivedAt));
  }
}

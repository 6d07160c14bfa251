import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { inspectModel } from '../models/inspect.ts';
import { ModelError } from '../models/model-error.ts';
import { nodeMonotonic, systemWallClock, threadClock } from '../time/monotonic.ts';
import { type Ns, toMilliseconds } from '../time/ns.ts';
import { ArrivingBytes } from './arriving-bytes.ts';
import { Bearer, secretAt } from './bearer.ts';
import type { Edge, EdgeParts } from './edge.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import { grpcEdge } from './grpc/grpc-edge.ts';
import { httpEdge } from './http/http-edge.ts';
import { tlsFiles } from './listening.ts';
import { Metrics } from './metrics.ts';
import { RateLimit } from './rate-limit.ts';
import { Refusal } from './refusal.ts';
import { Scheduler } from './scheduler.ts';
import { ServedModel } from './served-model.ts';
import { ServingRecord } from './serving-record.ts';
import { SessionPool } from './session-pool.ts';
import type { SessionFacts } from './session-task.ts';
import { signatureOf, whyNotBatched } from './signature.ts';

/** What the endpoint needs of the process that it lives in. */
export interface EndpointContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Logger;
}

/** An endpoint that listens. */
export interface Endpoint {
  readonly http: { readonly host: string; readonly port: number } | null;
  readonly grpc: { readonly host: string; readonly port: number } | null;
  readonly facts: SessionFacts;
  /** Rejects when a session's thread ends by itself: the endpoint cannot go on. */
  readonly broken: Promise<never>;
  /** Says that it is not ready, serves on for the grace, then takes nothing more in and answers what it has. */
  drain(): Promise<DrainEnd>;
}

/** `cut-off`: requests were left when the longest wait was over; they were refused. */
export type DrainEnd = 'answered' | 'cut-off';

const EXTENSIONS = ['binary_tensor_data', 'model_configuration', 'statistics', 'model_repository(index)'] as const;

/**
 * Opens the sessions, then listens. Closes what it opened when anything fails.
 *
 * @throws ModelError, ListenFailure or SecretMissing, each of one sentence.
 */
export async function openEndpoint(spec: EndpointSpec, context: EndpointContext): Promise<Endpoint> {
  const bearer = spec.token === null ? null : new Bearer(secretAt(spec.token, context.env));
  const tls = spec.tls === null ? null : tlsFiles(spec.tls);
  const signature = signatureOf(inspectModel(spec.served.model.path));
  refuseBatching(spec, whyNotBatched(signature));
  const origin = nodeMonotonic();
  const clock = threadClock(origin);
  const { served, workers, batching } = spec;
  const pool = new SessionPool({
    served,
    workers,
    signature,
    origin,
    batch: batching?.max ?? 1,
    workerFile: workerFile(),
  });
  const edges: Edge[] = [];
  try {
    const facts = await pool.opened;
    const record = new ServingRecord(spec.objectivesS);
    const limits = spec.queue;
    const scheduler = new Scheduler({
      clock,
      wall: systemWallClock,
      after,
      soon: setImmediate,
      places: pool,
      record,
      limits,
      batching,
      unbatched: (why) => context.log.error({ why }, 'requests are put together no more'),
    });
    const rate = spec.rateLimit === null ? null : new RateLimit(spec.rateLimit, clock.now());
    const model = new ServedModel({ name: spec.name, signature, batching, scheduler, record, clock, rate });
    const parts: EdgeParts = {
      model,
      server: { name: 'loadcell', version: context.version, extensions: EXTENSIONS },
      configured: {
        name: spec.name,
        signature,
        batching,
        workers,
        queueRequests: limits.requests,
        provider: facts.provider,
      },
      metrics: new Metrics({ model: spec.name, record, scheduler, isReady: () => model.isReady }),
      bearer,
      tls,
      arriving: new ArrivingBytes(limits.bytes),
      limits: spec,
      clock,
      wall: systemWallClock,
      log: context.log,
    };
    const http = spec.http === null ? null : await httpEdge(parts, spec.http);
    if (http !== null) edges.push(http);
    const grpc = spec.grpc === null ? null : await grpcEdge(parts, spec.grpc);
    if (grpc !== null) edges.push(grpc);
    return { http, grpc, facts, broken: pool.broken, drain: () => drained(spec, { model, scheduler, edges, pool }) };
  } catch (error) {
    await Promise.all(edges.map((edge) => edge.close()));
    await pool.end();
    throw error;
  }
}

const workerFile = (): string =>
  fileURLToPath(new URL(`./session-task${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

function refuseBatching({ batching, served }: EndpointSpec, reason: string | null): void {
  if (batching === null || reason === null) return;
  throw new ModelError('shape', `model ${served.model.path}: batching: ${reason}; serve it without batching`);
}

/** Node's timers are of whole milliseconds: a shorter delay is one. */
function after(delayNs: Ns, happen: () => void): () => void {
  const timer = setTimeout(happen, Math.ceil(toMilliseconds(delayNs)));
  return () => clearTimeout(timer);
}

interface Open {
  readonly model: ServedModel;
  readonly scheduler: Scheduler;
  readonly edges: readonly Edge[];
  readonly pool: SessionPool;
}

async function drained(spec: EndpointSpec, { model, scheduler, edges, pool }: Open): Promise<DrainEnd> {
  model.leave();
  await passed(spec.graceNs);
  const answered = model.close().then(() => {
    for (const edge of edges) edge.endQuiet();
  });
  const closed = Promise.all(edges.map((edge) => edge.close()));
  const end = await within(spec.drainNs, Promise.all([answered, closed]));
  if (end === 'late') {
    scheduler.abandon(new Refusal('draining', 'the endpoint ends and could not answer in time'));
    for (const edge of edges) edge.sever();
    await closed;
  }
  await pool.end();
  return end === 'late' ? 'cut-off' : 'answered';
}

const passed = (delayNs: Ns): Promise<void> =>
  delayNs === 0 ? Promise.resolve() : new Promise((resolve) => void after(delayNs, resolve));

async function within(longestNs: Ns, work: Promise<unknown>): Promise<'done' | 'late'> {
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const callOff = after(longestNs, () => resolve('late'));
  try {
    return await Promise.race([work.then(() => 'done' as const), promise]);
  } finally {
    callOff();
  }
}

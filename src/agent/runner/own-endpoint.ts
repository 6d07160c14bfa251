import { fileURLToPath } from 'node:url';
import { SERVED_NAME, type ServedEndpoint } from '../../campaign/served-endpoint.ts';
import { isNetwork, type NetworkSpec, type TargetSpec } from '../../campaign/target-spec.ts';
import type { FromEndpoint, ToEndpoint } from '../../endpoint/attach-endpoint.ts';
import { type EndpointSpec, USUAL } from '../../endpoint/endpoint-spec.ts';
import { sha256OfFile } from '../../models/digest.ts';
import type { TargetFacts } from '../../targets/target.ts';
import { ns } from '../../time/ns.ts';
import { Companion } from './companion.ts';
import { TargetRefused } from './crew.ts';

const LOOPBACK = '127.0.0.1';

/**
 * The endpoint of one trial: a process of its own, which ends with the runner however the runner ends. Should it end by
 * itself the trial goes on: what its clients meet then is a result.
 */
export interface OwnEndpoint {
  /** The target, with the address that the endpoint listens at. */
  readonly target: NetworkSpec;
  /** Where it listens: `host:port`. */
  readonly address: string;
  /** What the endpoint says of the model that it serves. */
  readonly facts: Pick<TargetFacts, 'model' | 'session' | 'start'>;
  end(): void;
}

/** Starts the endpoint that a target brings along, on an address of this node; null: it brings none. @throws TargetRefused */
export async function ownEndpoint(target: TargetSpec, version: string, host = LOOPBACK): Promise<OwnEndpoint | null> {
  if (!isNetwork(target) || target.served === undefined) return null;
  const { served } = target;
  const model = await plannedModel(served);
  const endpoint = new Companion<ToEndpoint, FromEndpoint>(entry(), 'serve: the endpoint');
  try {
    const { httpPort, grpcPort, facts } = await endpoint.open(
      { kind: 'open', spec: specOf(target, served, host), version },
      'listening',
    );
    const { provider, options, sessionMs, firstInferenceMs } = facts;
    const batching = served.batching === null ? {} : batchingOptions(served.batching);
    const port = httpPort ?? grpcPort ?? 0;
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return {
      target: addressed(target, address),
      address,
      facts: {
        model,
        session: { provider, options: { ...options, sessions: served.sessions, ...batching } },
        start: { sessionMs, firstInferenceMs },
      },
      end: () => endpoint.end(),
    };
  } catch (error) {
    endpoint.end();
    throw error;
  }
}

function entry(): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`../../endpoint/main${extension}`, import.meta.url));
}

function batchingOptions({
  max,
  delayNs,
  preferred,
}: NonNullable<ServedEndpoint['batching']>): Record<string, string | number> {
  const sizes = preferred.length === 0 ? {} : { 'batching.preferred': preferred.join(',') };
  return { 'batching.max': max, 'batching.delayMs': delayNs / 1e6, ...sizes };
}

/** What is served is what was planned, byte for byte. */
async function plannedModel({ model }: ServedEndpoint): Promise<NonNullable<TargetFacts['model']>> {
  const found = await sha256OfFile(model.path);
  if (found !== model.sha256) {
    throw new TargetRefused(
      `model ${model.path}: its content has changed since the plan was made (SHA-256 ${found}, expected ${model.sha256}); plan again`,
    );
  }
  const { inspectModel } = await import('../../models/inspect.ts');
  const { bytes, opset, parameters, inputs, outputs } = inspectModel(model.path);
  const tensor = ({ name, type, shape }: (typeof inputs)[number]) => ({ name, type, shape });
  return { sha256: found, bytes, opset, parameters, inputs: inputs.map(tensor), outputs: outputs.map(tensor) };
}

const addressed = (target: NetworkSpec, address: string): NetworkSpec =>
  target.kind === 'http' ? { ...target, url: `http://${address}` } : { ...target, address };

/** As `loadcell serve` would be started; the queue holds whatever the connections can have in flight. */
function specOf(target: NetworkSpec, served: ServedEndpoint, host: string): EndpointSpec {
  const { model, providers, require, threads, session, bind, sessions, batching } = served;
  const at = { host, port: 0 };
  return {
    name: SERVED_NAME,
    served: { model, providers, require, threads, session, bind },
    workers: sessions,
    batching,
    queue: { ...USUAL.queue, requests: Math.max(USUAL.queue.requests, target.connections * target.streams) },
    http: target.kind === 'http' ? at : null,
    grpc: target.kind === 'grpc' ? at : null,
    tls: null,
    token: null,
    maxBodyBytes: USUAL.maxBodyBytes,
    receiveNs: ns(USUAL.receiveNs),
    maxConnections: Math.max(USUAL.maxConnections, target.connections + 16),
    rateLimit: null,
    objectivesS: [],
    graceNs: ns(USUAL.graceNs),
    drainNs: ns(USUAL.drainNs),
  };
}

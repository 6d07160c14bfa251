import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SERVED_NAME, type ServedEndpoint } from '../../campaign/served-endpoint.ts';
import { isNetwork, type NetworkSpec, type TargetSpec } from '../../campaign/target-spec.ts';
import type { FromEndpoint, ToEndpoint } from '../../endpoint/attach-endpoint.ts';
import { type EndpointSpec, USUAL } from '../../endpoint/endpoint-spec.ts';
import { sha256OfFile } from '../../models/digest.ts';
import { inspectModel } from '../../models/inspect.ts';
import type { TargetFacts } from '../../targets/target.ts';
import { ns } from '../../time/ns.ts';
import { compileCacheEnvironment } from '../../wire/compile-cache.ts';
import { LIFELINE_FD, lifelineStdio } from '../../wire/lifeline.ts';
import { TargetRefused } from './crew.ts';

/** Longest time for the endpoint to open its sessions and listen. */
const OPEN_MS = 120_000;
const HOST = '127.0.0.1';

/**
 * The endpoint of one trial: a process of its own, which ends with the runner however the runner ends. Should it end by
 * itself the trial goes on: what its clients meet then is a result.
 */
export interface OwnEndpoint {
  /** The target, with the address that the endpoint listens at. */
  readonly target: NetworkSpec;
  /** What the endpoint says of the model that it serves. */
  readonly facts: Pick<TargetFacts, 'model' | 'session' | 'start'>;
  end(): void;
}

/** Starts the endpoint that a target brings along; null: it brings none. @throws TargetRefused */
export async function ownEndpoint(target: TargetSpec, version: string): Promise<OwnEndpoint | null> {
  if (!isNetwork(target) || target.served === undefined) return null;
  const { served } = target;
  const model = await plannedModel(served);
  const endpoint = new EndpointProcess();
  try {
    const { httpPort, grpcPort, facts } = await endpoint.open({ kind: 'open', spec: specOf(target, served), version });
    const { provider, options, sessionMs, firstInferenceMs } = facts;
    const batching = served.batching === null ? {} : batchingOptions(served.batching);
    return {
      target: addressed(target, httpPort ?? grpcPort ?? 0),
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
  const { bytes, opset, parameters, inputs, outputs } = inspectModel(model.path);
  const tensor = ({ name, type, shape }: (typeof inputs)[number]) => ({ name, type, shape });
  return { sha256: found, bytes, opset, parameters, inputs: inputs.map(tensor), outputs: outputs.map(tensor) };
}

function addressed(target: NetworkSpec, port: number): NetworkSpec {
  return target.kind === 'http'
    ? { ...target, url: `http://${HOST}:${port}` }
    : { ...target, address: `${HOST}:${port}` };
}

/** As `loadcell serve` would be started; the queue holds whatever the connections can have in flight. */
function specOf(target: NetworkSpec, served: ServedEndpoint): EndpointSpec {
  const { model, providers, require, threads, session, bind, sessions, batching } = served;
  const at = { host: HOST, port: 0 };
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
    maxConnections: Math.max(USUAL.maxConnections, target.connections + 16),
    rateLimit: null,
    objectivesS: [],
    graceNs: ns(USUAL.graceNs),
    drainNs: ns(USUAL.drainNs),
  };
}

class EndpointProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const entry = fileURLToPath(new URL(`../../endpoint/main${extension}`, import.meta.url));
    const stdio: ('ignore' | 'ipc' | number)[] = ['ignore', 'ignore', 'ignore'];
    stdio[LIFELINE_FD] = lifelineStdio(process.env);
    stdio.push('ipc');
    this.#child = fork(entry, [], {
      stdio,
      serialization: 'advanced',
      env: { ...process.env, ...compileCacheEnvironment() },
    });
    const { promise, reject } = Promise.withResolvers<never>();
    const ended = (how: string): void => reject(new TargetRefused(`serve: the endpoint ${how}`));
    this.#child.on('error', (error) => ended(`cannot be started: ${error.message}`));
    this.#child.on('close', (code, signal) =>
      ended(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
    this.#ended = promise;
    this.#ended.catch(() => {});
  }

  async open(message: ToEndpoint): Promise<Extract<FromEndpoint, { kind: 'listening' }>> {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<FromEndpoint, { kind: 'listening' }>>();
    const late = (): void => reject(new TargetRefused(`serve: the endpoint did not listen within ${OPEN_MS / 1000} s`));
    const limit = setTimeout(late, OPEN_MS);
    this.#ended.catch(reject);
    this.#child.on('message', (told: FromEndpoint) => {
      if (told.kind === 'listening') resolve(told);
      else reject(new TargetRefused(`serve: ${told.message}`));
    });
    this.#child.send(message, () => {});
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

import * as fs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { destination, type Logger, pino } from 'pino';
import type { ModelSource } from '../campaign/target-spec.ts';
import { SecretMissing } from '../endpoint/bearer.ts';
import { type Endpoint, openEndpoint } from '../endpoint/endpoint.ts';
import type { EndpointSpec } from '../endpoint/endpoint-spec.ts';
import { ListenFailure } from '../endpoint/listening.ts';
import { sha256OfFile } from '../models/digest.ts';
import { inspectModel } from '../models/inspect.ts';
import { ModelError } from '../models/model-error.ts';
import { isReferenceModel, nearestReference } from '../models/registry.ts';
import { stageReferenceModel } from '../models/stage.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { cacheFolder } from './cache-folder.ts';
import { Failure } from './failure.ts';
import { endpointSpecOf, type ServeFlags } from './serve-options.ts';
import { packageVersion } from './version.ts';

export interface ServeOptions extends ServeFlags {
  readonly logLevel: string;
  readonly json?: boolean;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const USAGE = EXIT_CODES['before-start'].code;

/** `loadcell serve`: opens the endpoint, serves until a signal, and answers what it has taken in. */
export async function serve(model: string, options: ServeOptions): Promise<number> {
  const log = pino({ level: options.logLevel }, destination(2));
  const spec = await specOf(model, options);
  const signalled = firstSignal();
  const endpoint = await opened(spec, log);
  announce(spec, endpoint, options);
  log.info({ name: spec.name, http: endpoint.http, grpc: endpoint.grpc, provider: endpoint.facts.provider }, 'ready');
  const signal = await Promise.race([signalled, endpoint.broken.catch(brokenSentence)]);
  if (signal instanceof Failure) throw signal;
  log.info({ signal }, 'not ready: draining');
  const end = await endpoint.drain();
  if (end === 'answered') {
    log.info('all requests answered');
    return EXIT_CODES.pass.code;
  }
  throw new Failure(EXIT_CODES['own-fault'].code, `serve: requests were left after ${options.drain}, and were refused`);
}

const brokenSentence = (error: Error): Failure =>
  new Failure(EXIT_CODES['own-fault'].code, `serve: ${error.message}; the endpoint cannot go on`);

async function specOf(model: string, options: ServeOptions): Promise<EndpointSpec> {
  try {
    return endpointSpecOf(options, await sourceOf(model));
  } catch (error) {
    throw error instanceof ModelError ? new Failure(USAGE, error.message) : error;
  }
}

async function sourceOf(model: string): Promise<ModelSource> {
  if (isReferenceModel(model)) {
    const { path, sha256 } = await stageReferenceModel(model, join(cacheFolder(process.env), 'models'), fs);
    return { kind: 'reference', name: model, path, sha256 };
  }
  const path = resolve(model);
  try {
    inspectModel(path);
  } catch (error) {
    const near = /[./]/.test(model) ? null : nearestReference(model);
    if (near !== null) throw new Failure(USAGE, `model: found ${model}, which is no file; did you mean ${near}?`);
    throw error;
  }
  return { kind: 'file', path, sha256: await sha256OfFile(path) };
}

async function opened(spec: EndpointSpec, log: Logger): Promise<Endpoint> {
  try {
    return await openEndpoint(spec, { env: process.env, version: packageVersion(), log });
  } catch (error) {
    const isUsage = error instanceof ModelError || error instanceof ListenFailure || error instanceof SecretMissing;
    throw isUsage ? new Failure(USAGE, error.message) : error;
  }
}

function announce({ name, tls }: EndpointSpec, { http, grpc }: Endpoint, { json }: ServeOptions): void {
  if (json === true) {
    process.stdout.write(
      `${JSON.stringify({ name, http: addressOf(http), grpc: addressOf(grpc), pid: process.pid })}\n`,
    );
    return;
  }
  const scheme = tls === null ? 'http' : 'https';
  if (http !== null) process.stdout.write(`http  ${scheme}://${addressOf(http)}/v2/models/${name}\n`);
  if (grpc !== null) process.stdout.write(`grpc  ${addressOf(grpc)}  inference.GRPCInferenceService\n`);
}

const addressOf = (at: { readonly host: string; readonly port: number } | null): string | null =>
  at === null ? null : `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`;

/** The second signal ends the process at once: a thread may be inside the model, which only the system can end. */
function firstSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve: tell } = Promise.withResolvers<NodeJS.Signals>();
  const onSignal = (signal: NodeJS.Signals): void => {
    for (const each of SIGNALS) process.off(each, onSignal).once(each, () => process.kill(process.pid, 'SIGKILL'));
    tell(signal);
  };
  for (const each of SIGNALS) process.on(each, onSignal);
  return promise;
}

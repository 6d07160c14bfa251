import type { DatatypeName } from '../oip/datatype.ts';
import type { InferRequest, InferResponse } from '../oip/infer.ts';
import type { ModelMetadata } from '../oip/metadata.ts';
import { NO_PARAMETERS, type Parameters } from '../oip/parameters.ts';
import { ProtocolError, quoted } from '../oip/protocol-error.ts';
import type { ModelStatistics } from '../oip/statistics.ts';
import type { Tensor } from '../oip/tensor.ts';
import type { Clock } from '../time/clock.ts';
import { microseconds, type Ns, ns, toMilliseconds } from '../time/ns.ts';
import type { Batching } from './batch-queue.ts';
import type { RateLimit } from './rate-limit.ts';
import { Refusal } from './refusal.ts';
import { fitted, freeAsMinusOne } from './request-check.ts';
import type { Scheduler, Submission } from './scheduler.ts';
import type { ServingRecord } from './serving-record.ts';
import type { Port, Signature } from './signature.ts';

/** What an edge knows of a request beside its message. */
export interface Call {
  readonly arrivedAt: Ns;
  /** When its time runs out; null: never. */
  readonly deadline: Ns | null;
}

/** A request on its way, for the edge that brought it. */
export interface Inference {
  /** Rejects with a {@link Refusal}, and with nothing else; whoever tells the client counts it: {@link ServedModel.refused}. */
  readonly answer: Promise<Answer>;
  /** The client went away: while the request waits it is taken out. */
  withdraw(): void;
}

export interface Answer {
  readonly response: InferResponse;
  /** Where the time went, milliseconds, as HTTP's `Server-Timing` has it. */
  readonly timing: string;
}

export interface ServedModelParts {
  readonly name: string;
  readonly signature: Signature;
  readonly batching: Batching | null;
  readonly scheduler: Scheduler;
  readonly record: ServingRecord;
  readonly clock: Clock;
  readonly rate: RateLimit | null;
}

/** The one version that is served. */
export const VERSION = '1';
const PLATFORM = 'onnxruntime_onnx';

/** What HTTP and gRPC are two edges of: a model by its name, its facts, and `infer`. Knows no socket. */
export class ServedModel {
  readonly metadata: ModelMetadata;
  readonly parts: ServedModelParts;
  #state: 'ready' | 'leaving' | 'closed' = 'ready';

  constructor(parts: ServedModelParts) {
    this.parts = parts;
    const { name, signature } = parts;
    this.metadata = {
      name,
      versions: [VERSION],
      platform: PLATFORM,
      inputs: signature.inputs.map(portMetadata),
      outputs: signature.outputs.map(portMetadata),
    };
  }

  /** Whether a load balancer should send requests. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** No longer ready; requests that come nevertheless are served. */
  leave(): void {
    if (this.#state === 'ready') this.#state = 'leaving';
  }

  /** From now on requests are refused; resolves when those taken in are answered. */
  close(): Promise<void> {
    this.#state = 'closed';
    return this.parts.scheduler.drained();
  }

  /** @throws Refusal `not-found` for another model or version. */
  require(name: string, version: string): void {
    if (name !== this.parts.name) {
      throw new Refusal('not-found', `model: found ${quoted(name)}, but this endpoint serves ${this.parts.name}`);
    }
    if (version !== '' && version !== VERSION) {
      throw new Refusal('not-found', `version: found ${quoted(version)}, but ${name} has version ${VERSION}`);
    }
  }

  statistics(): ModelStatistics {
    return this.parts.record.statistics(this.parts.name, VERSION);
  }

  infer(request: InferRequest, call: Call): Inference {
    let submission: Submission;
    try {
      submission = this.#admitted(request, call);
    } catch (error) {
      return { answer: Promise.reject(refusalFor(error)), withdraw: () => {} };
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const withdraw = this.parts.scheduler.submit(submission, (end) => {
      if (end instanceof Refusal) reject(end);
      else resolve({ response: this.#responseOf(request, end.outputs), timing: timingOf(end) });
    });
    return { answer: promise, withdraw };
  }

  /** Counts an inference that its client is refused, wherever it was. */
  refused({ code }: Refusal, arrivedAt: Ns): void {
    this.parts.record.refused(code, ns(this.parts.clock.now() - arrivedAt));
  }

  #admitted(request: InferRequest, call: Call): Submission {
    if (this.#state === 'closed') throw new Refusal('draining', 'the endpoint is about to end; try another one');
    const { signature, batching, clock, rate } = this.parts;
    if (rate !== null && !rate.admits(clock.now())) {
      throw new Refusal(
        'full',
        'more requests a second than this endpoint takes; try again later',
        Math.max(1, Math.ceil(rate.retryAfterS)),
      );
    }
    const inputs = fitted(signature, request);
    const samples = batching === null ? 1 : samplesOf(inputs, batching);
    return {
      inputs,
      samples,
      key: batching === null ? '' : keyOf(inputs),
      bytes: inputs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
      arrivedAt: call.arrivedAt,
      deadline: earliest(call.deadline, timeoutOf(request.parameters, call.arrivedAt)),
    };
  }

  #responseOf({ id, outputs: wanted }: InferRequest, outputs: readonly Tensor[]): InferResponse {
    return {
      modelName: this.parts.name,
      modelVersion: VERSION,
      id,
      parameters: NO_PARAMETERS,
      outputs:
        wanted.length === 0
          ? outputs
          : wanted.map(({ name }) => outputs.find((output) => output.name === name) as Tensor),
    };
  }
}

/** Anything that goes wrong with a request, as what its client is told. */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof ProtocolError) return new Refusal('invalid', error.message);
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(new Refusal('failed', `a fault of the endpoint: ${message}`), { cause: error });
}

function timingOf({ queuedNs, computeNs }: { readonly queuedNs: Ns; readonly computeNs: Ns }): string {
  const part = (name: string, duration: number): string => `${name};dur=${toMilliseconds(ns(duration)).toFixed(3)}`;
  return `${part('queue', queuedNs)}, ${part('compute', computeNs)}, ${part('total', queuedNs + computeNs)}`;
}

const portMetadata = ({ name, type, shape }: Port): { name: string; datatype: DatatypeName; shape: number[] } => ({
  name,
  datatype: type.name,
  shape: shape.map(freeAsMinusOne),
});

function samplesOf(inputs: readonly Tensor[], { max }: Batching): number {
  const samples = inputs[0]?.shape[0] ?? 1;
  const other = inputs.find(({ shape }) => shape[0] !== samples);
  if (other !== undefined) {
    throw new ProtocolError(
      `input ${other.name}: found ${other.shape[0]} samples, but input ${inputs[0]?.name} has ${samples}`,
    );
  }
  if (samples <= max) return samples;
  throw new ProtocolError(
    `inputs: found ${samples} samples, expected at most ${max}, the largest batch of this endpoint`,
  );
}

/** Requests share a run when all but their first dimensions agree. */
const keyOf = (inputs: readonly Tensor[]): string => inputs.map(({ shape }) => shape.slice(1).join('x')).join(',');

/** Triton's `timeout` parameter, microseconds. */
function timeoutOf(parameters: Parameters, arrivedAt: Ns): Ns | null {
  const timeout = Object.hasOwn(parameters, 'timeout') ? parameters.timeout : undefined;
  if (timeout === undefined) return null;
  const us = typeof timeout === 'string' || typeof timeout === 'boolean' ? Number.NaN : Number(timeout);
  if (us >= 0) return us === 0 ? null : ns(arrivedAt + microseconds(us));
  throw new ProtocolError(`request.parameters.timeout: found ${quoted(timeout)}, expected microseconds`);
}

const earliest = (a: Ns | null, b: Ns | null): Ns | null => (a === null ? b : b === null ? a : ns(Math.min(a, b)));

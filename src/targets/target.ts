import type { FailureClass, Outcome } from '../stats/outcome.ts';
import type { Ns } from '../time/ns.ts';
import type { RepeatFacts } from './endpoint/same-sample.ts';
import type { NetworkFacts } from './network-facts.ts';

/** Facts about an opened target that stand in the result. */
export interface TargetFacts {
  /** Shape of `benchmarks.json` targets.<name>: model, session, inputs; empty for synthetic targets. */
  readonly model?: {
    readonly sha256: string;
    readonly bytes: number;
    readonly opset: number;
    readonly parameters: number;
    readonly inputs: readonly TensorFacts[];
    readonly outputs: readonly TensorFacts[];
  };
  readonly session?: {
    /** The execution provider in use. */
    readonly provider: string;
    readonly options: Readonly<Record<string, string | number>>;
    /** What each execution provider ran of one profiled request; absent where nothing was profiled. */
    readonly nodes?: NodesByProvider;
  };
  readonly inputs?: { readonly digest: string };
  /** What a network target found. */
  readonly endpoint?: EndpointFacts;
  /** The network that was put between it and its clients. */
  readonly network?: NetworkFacts;
  /** What it sends and nobody is to know: by where it stands in the campaign, a digest under a key that the agent keeps. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of an endpoint that is served for others: where it listens, `host:port`. */
  readonly listening?: string;
  /** Milliseconds to load the session and to answer the first request, before any phase. */
  readonly start: { readonly sessionMs: number; readonly firstInferenceMs: number };
}

/** An endpoint as it presented itself before the load. */
export interface EndpointFacts {
  readonly address: string;
  /** `oip-binary over HTTP/1.1`, `grpc` */
  readonly protocol: string;
  /** Requests that each agent can have in flight. */
  readonly connections: number;
  readonly streams: number;
  /** What the server says of itself and of the model; null: it says nothing. */
  readonly server: { readonly name: string; readonly version: string; readonly extensions: readonly string[] } | null;
  readonly model: {
    readonly name: string;
    readonly versions: readonly string[];
    readonly platform: string;
    readonly inputs: readonly EndpointTensor[];
    readonly outputs: readonly EndpointTensor[];
  } | null;
  /** What the same-sample audit told; absent: it was not asked for, or another thread made it. */
  readonly repeats?: RepeatFacts;
}

export interface EndpointTensor {
  readonly name: string;
  readonly datatype: string;
  /** -1 where a size is free. */
  readonly shape: readonly number[];
}

/** By the provider's lower-case name: `cpu`, `cuda`, `tensorrt`. */
export type NodesByProvider = Readonly<Record<string, ProviderNodes>>;

export interface ProviderNodes {
  /** Nodes of the optimised graph, each once however often it ran. */
  readonly count: number;
  /** Milliseconds that the executor's threads spent in them: of a device, up to the hand-over of its work. */
  readonly ms: number;
  /** Nodes by operator. */
  readonly operators: Readonly<Record<string, number>>;
}

export interface TensorFacts {
  readonly name: string;
  readonly type: string;
  /** Numbers, or names of free dimensions. */
  readonly shape: readonly (number | string)[];
}

/** What a target is given when it opens. */
export interface TargetContext {
  /** The trial's clock: zero is the start of the first measure phase, once `armed`. */
  now(): Ns;
  /** Draws for this worker alone, uniform in [0, 1). */
  random(): number;
}

/**
 * What is measured. A new target is one file that makes one of these, and a line in `registry.ts`.
 *
 * Lives on one worker thread; `infer` is never called again before it has settled. A synchronous target returns the
 * outcome itself and costs the hot path no await. A thrown or rejected {@link RequestFailure} is the request's
 * outcome with its code and message; any other error is a `target-error`. `open` rejects with a set-up error.
 */
export interface Target {
  readonly name: string;
  open(context: TargetContext): Promise<TargetFacts>;
  /**
   * Lays sample `sample` ready for the `infer` that follows, outside the measured time: called while the request waits
   * for its intended start, or, when that has passed, before the start is stamped. Then it is lag, the harness's own.
   * What it throws ends the trial; an {@link InputFault} as a fault of set-up, with its sentence.
   */
  prepare?(sample: number): void;
  infer(sample: number): Outcome | Promise<Outcome>;
  /**
   * Looks at the answer to the last `infer`, which was ok, once its completion is stamped: outside the measured time,
   * though a request that waits for its place sees it as lag. Returns `ok`, or throws a {@link RequestFailure}; an
   * {@link InputFault} ends the trial.
   */
  check?(sample: number): Outcome;
  close(): Promise<void>;
}

/** A request that failed with something worth telling: data, not a fault of the harness. */
export class RequestFailure extends Error {
  readonly outcome: FailureClass;
  readonly code: string;

  constructor(outcome: FailureClass, code: string, message: string) {
    super(message);
    this.name = 'RequestFailure';
    this.outcome = outcome;
    this.code = code;
  }
}

/** What a request was to send, or to be answered, is not fit for it: a fault of the campaign's, found late. One sentence for people. */
export class InputFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputFault';
  }
}

import type { Ns } from '../time/ns.ts';
import type { GrpcSpec, HttpSpec } from './endpoint-spec.ts';
import type { ExpectSpec, InputsSpec, PlannedFile } from './inputs-spec.ts';
import type { FileOfPlan } from './plan.ts';

/** How long the `sleep` target takes. `stall`: a request that meets [at, at + for) ends when the stall does, plus `otherwise`. */
export type SleepLaw =
  | { readonly kind: 'constant'; readonly ns: Ns }
  | { readonly kind: 'exponential'; readonly meanNs: Ns }
  | { readonly kind: 'lognormal'; readonly medianNs: Ns; readonly p99Ns: Ns }
  | { readonly kind: 'stall'; readonly atNs: Ns; readonly forNs: Ns; readonly otherwiseNs: Ns };

/**
 * Where a model comes from: built by the project, or a file. `path` is absolute, present once it has been staged. `data`:
 * the files beside it in which weights lie; absent: none.
 */
export type ModelSource =
  | { readonly kind: 'reference'; readonly name: string; readonly path: string; readonly sha256: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly sha256: string;
      readonly data?: readonly PlannedFile[];
    };

/** Options of an execution provider by the names of onnxruntime-node's binding. */
export type ProviderOptions = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** How onnxruntime runs a model, beside providers and threads. */
export interface SessionSpec {
  /** How far the graph is optimised. */
  readonly graph: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  /** `parallel`: branches of the graph run side by side, on `interOpThreads` threads. */
  readonly execution: 'sequential' | 'parallel';
  readonly interOpThreads: number;
  /** By provider; absent: its own defaults. */
  readonly providerOptions: Readonly<Record<string, ProviderOptions>>;
  /** onnxruntime's session configuration entries. */
  readonly config: Readonly<Record<string, string>>;
  /** `on`: a short profiled session of its own tells, before the trial, which provider runs which operators. */
  readonly profile: 'on' | 'off';
}

/** A session with nothing said about it. */
export const PLAIN_SESSION: SessionSpec = {
  graph: 'all',
  execution: 'sequential',
  interOpThreads: 1,
  providerOptions: {},
  config: {},
  profile: 'on',
};

export interface OnnxSpec {
  readonly kind: 'onnx';
  readonly model: ModelSource;
  /** Execution providers in order of preference. */
  readonly providers: readonly string[];
  /** A provider that must run every operator; null: falling back is allowed and reported. */
  readonly require: string | null;
  /** Intra-op threads of each worker's session. */
  readonly threads: number;
  readonly session: SessionSpec;
  /** Samples per request: the size of every input's first dimension where that is free. */
  readonly batch: number;
  /** Symbolic dimensions bound to sizes. */
  readonly bind: Readonly<Record<string, number>>;
  readonly inputs: InputsSpec;
  /** Absent: any answer is right. */
  readonly expect?: ExpectSpec;
}

/** A value as JSON has it. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A file of a campaign's own code. */
export interface CodeFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Of this file, lowercase hexadecimal. */
  readonly sha256: string;
  /** Files beside it that it names: imports, data; absent: none. */
  readonly beside?: readonly FileOfPlan[];
}

/** A campaign's own code as a target. */
export interface CustomSpec {
  readonly kind: 'custom';
  /** `name`: as the campaign says it, normalised. */
  readonly module: CodeFile;
  readonly options: Readonly<Record<string, PlainValue>>;
  /** Samples that one request stands for. */
  readonly batch: number;
  /** Longest time to load the module, open it and answer a first request. */
  readonly openWithinNs: Ns;
}

/** A value that only the agent resolves. */
export interface SecretReference {
  readonly secret: { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string };
}

/** A k6 script, run by the real k6. */
export interface K6Spec {
  readonly kind: 'k6';
  /** `name`: as the campaign says it. */
  readonly script: CodeFile;
  /** Virtual users of the whole fleet; of a script's own scenarios the most that they have. */
  readonly vus: number;
  readonly env: Readonly<Record<string, string | SecretReference>>;
  /** Whose scenarios give the load. */
  readonly options: 'scenario' | 'own';
  /** What the script's own scenarios say of its load, as k6 consolidates them; absent: the campaign gives it. */
  readonly scenarios?: Readonly<Record<string, OwnScenario>>;
  /** Those of the script that its own scenarios run (`exec`); absent: the default one. */
  readonly functions?: readonly string[];
  /** The script's own thresholds by metric, as written; of its own scenarios only. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  /** Those of them that end the trial once they are crossed (`abortOnFail`); absent: none. */
  readonly aborts?: readonly AbortingThreshold[];
  /** How much longer than its load and the drain k6 may take, for teardown(); absent: no longer. */
  readonly partingNs?: Ns;
  /** Whether latency is told from starts that k6 chose (arrival rates), or from loops that wait for answers. */
  readonly executors: 'open' | 'closed';
}

/** A scenario of a script's own: its executor and what that is told, under k6's names, but for `env` and `tags`. */
export type OwnScenario = Readonly<Record<string, unknown>>;

/** A threshold of a script with `abortOnFail`. */
export interface AbortingThreshold {
  readonly metric: string;
  readonly threshold: string;
  /** From the start of the trial; before that it is not looked at (`delayAbortEval`). */
  readonly afterNs: Ns;
}

/** What is measured, with nothing left to decide. */
export type TargetSpec =
  | { readonly kind: 'null' }
  | { readonly kind: 'sleep'; readonly law: SleepLaw }
  | OnnxSpec
  | CustomSpec
  | NetworkSpec
  | K6Spec;

/** What is measured through sockets. */
export type NetworkSpec = HttpSpec | GrpcSpec;

export const isNetwork = (spec: TargetSpec): spec is NetworkSpec => spec.kind === 'http' || spec.kind === 'grpc';

/** Whether its answers are streams of events, each of which is timed. */
export const streamsEvents = (spec: TargetSpec): boolean =>
  spec.kind === 'http' && spec.call.kind === 'plain' && spec.call.stream !== null;

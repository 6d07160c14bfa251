import type { Ns } from '../time/ns.ts';

/** How long the `sleep` target takes. `stall`: a request that meets [at, at + for) ends when the stall does, plus `otherwise`. */
export type SleepLaw =
  | { readonly kind: 'constant'; readonly ns: Ns }
  | { readonly kind: 'exponential'; readonly meanNs: Ns }
  | { readonly kind: 'lognormal'; readonly medianNs: Ns; readonly p99Ns: Ns }
  | { readonly kind: 'stall'; readonly atNs: Ns; readonly forNs: Ns; readonly otherwiseNs: Ns };

/** Where a model comes from: built by the project, or a file. `path` is absolute, present once it has been staged. */
export type ModelSource =
  | { readonly kind: 'reference'; readonly name: string; readonly path: string; readonly sha256: string }
  | { readonly kind: 'file'; readonly path: string; readonly sha256: string };

export interface OnnxSpec {
  readonly kind: 'onnx';
  readonly model: ModelSource;
  /** Execution providers in order of preference. */
  readonly providers: readonly string[];
  /** A provider that must be the one in use; null: falling back is allowed and reported. */
  readonly require: string | null;
  /** Intra-op threads of each worker's session. */
  readonly threads: number;
  /** Samples per request: the size of every input's first dimension where that is free. */
  readonly batch: number;
  /** Symbolic dimensions bound to sizes. */
  readonly bind: Readonly<Record<string, number>>;
  readonly inputs: { readonly kind: 'random'; readonly samples: number };
}

/** What is measured, with nothing left to decide. */
export type TargetSpec = { readonly kind: 'null' } | { readonly kind: 'sleep'; readonly law: SleepLaw } | OnnxSpec;

import type { Ns } from '../time/ns.ts';
import type { ModelSource, NetworkSpec, SessionSpec } from './target-spec.ts';

/** Our own endpoint with nothing left to decide, beside where it listens: each agent starts one for each trial. */
export interface ServedEndpoint {
  readonly model: ModelSource;
  /** Execution providers in order of preference. */
  readonly providers: readonly string[];
  /** A provider that must run every operator; null: falling back is allowed and reported. */
  readonly require: string | null;
  /** Intra-op threads of each session. */
  readonly threads: number;
  readonly session: SessionSpec;
  /** Sizes of free dimensions in the request that a session is warmed up with; the others are 1. */
  readonly bind: Readonly<Record<string, number>>;
  /** Sessions, each on a thread of its own. */
  readonly sessions: number;
  /** Null: every request is a run of its own. */
  readonly batching: ServedBatching | null;
}

export interface ServedBatching {
  /** Most samples of one run. */
  readonly max: number;
  /** How long a request waits for others. */
  readonly delayNs: Ns;
  /** Sizes at which no further request is waited for, ascending. */
  readonly preferred: readonly number[];
}

/** A target that is served, as those see it for whom another agent serves it at `host:port`. */
export function servedElsewhere({ served: _, ...target }: NetworkSpec, address: string): NetworkSpec {
  return target.kind === 'http' ? { ...target, url: `http://${address}` } : { ...target, address };
}

/** What the endpoint of a trial calls its model. */
export const SERVED_NAME = 'model';

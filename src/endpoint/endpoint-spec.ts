import type { Ns } from '../time/ns.ts';
import type { Batching, QueueLimits } from './batch-queue.ts';
import type { ServedSession } from './session-task.ts';

/** Where an edge listens. */
export interface ListenSpec {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

/** PEM files on the machine that serves. */
export interface TlsSpec {
  readonly cert: string;
  readonly key: string;
  /** Authorities one of which must have signed a client's certificate; null: clients need none. */
  readonly clientCa: string | null;
}

/** Where a value that must not be written down lies on the machine that serves. */
export type SecretPlace =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** A serving endpoint with nothing left to decide. Travels as JSON: holds no secret. */
export interface EndpointSpec {
  /** What clients call the model. */
  readonly name: string;
  readonly served: ServedSession;
  /** Threads with a session each. */
  readonly workers: number;
  readonly batching: Batching | null;
  readonly queue: QueueLimits;
  readonly http: ListenSpec | null;
  readonly grpc: ListenSpec | null;
  readonly tls: TlsSpec | null;
  /** The bearer token that requests must carry; null: none. */
  readonly token: SecretPlace | null;
  /** Largest body of a request. */
  readonly maxBodyBytes: number;
  /** Longest time for a request to come whole. */
  readonly receiveNs: Ns;
  /** Open connections of each edge. */
  readonly maxConnections: number;
  /** Inferences a second; null: no limit. */
  readonly rateLimit: number | null;
  /** Limits of response time at which `/metrics` has a bucket boundary, seconds. */
  readonly objectivesS: readonly number[];
  /** How long it says that it is not ready, and serves on, before it closes. */
  readonly graceNs: Ns;
  /** Longest wait for the requests taken in. */
  readonly drainNs: Ns;
}

/** What is usual where nothing is said. */
export const USUAL = {
  queue: { requests: 1024, bytes: 256 * 2 ** 20 },
  maxBodyBytes: 64 * 2 ** 20,
  receiveNs: 60e9,
  maxConnections: 4096,
  graceNs: 0,
  drainNs: 30e9,
} as const;

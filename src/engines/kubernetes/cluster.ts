import type { IncomingMessage } from 'node:http';
import type { CoreV1Event, V1Job, V1Node, V1Pod, V1ResourceQuota, V1Secret } from '@kubernetes/client-node';
import type { Answer } from './answer.ts';
import type { Right } from './rights.ts';

/**
 * What the engine asks of an API server, in one namespace. Nothing rejects, and nothing lasts longer than its own limit.
 */
export interface Cluster {
  /** `https://…`. */
  readonly server: string;
  readonly namespace: string;
  /** `v1.36.3`. */
  version(): Promise<Answer<string>>;
  /** As whom the server takes whoever asks. */
  whoAmI(): Promise<Answer<string>>;
  mayI(right: Right): Promise<Answer<boolean>>;
  /** `trial`: checked by the server as if it were made, admission and quotas of its kind included; nothing is made. */
  createJob(job: V1Job, how: 'real' | 'trial'): Promise<Answer<V1Job>>;
  readJob(name: string): Promise<Answer<V1Job>>;
  listJobs(selector: string): Promise<Answer<readonly V1Job[]>>;
  /** With everything that is its: it is there until they are gone. */
  deleteJob(name: string): Promise<Answer<unknown>>;
  createSecret(secret: V1Secret): Promise<Answer<unknown>>;
  deleteSecret(name: string): Promise<Answer<unknown>>;
  listPods(selector: string): Promise<Answer<readonly V1Pod[]>>;
  /** Without waiting for its node: for one that does not answer. Only the pod of this uid. */
  forgetPod(name: string, uid: string): Promise<Answer<unknown>>;
  /** The last lines that a container wrote. */
  readLog(pod: string, container: string, lines: number): Promise<Answer<string>>;
  /** About one object. */
  listEvents(uid: string): Promise<Answer<readonly CoreV1Event[]>>;
  listQuotas(): Promise<Answer<readonly V1ResourceQuota[]>>;
  listNodes(): Promise<Answer<readonly V1Node[]>>;
  /** Whether there is a service account of this name. */
  readAccount(name: string): Promise<Answer<unknown>>;
  /** Asks what a pod serves over TLS, through the server: it lasts as long as it does, unless nothing comes for `idleMs`. */
  askPod(request: PodRequest): Promise<Answer<IncomingMessage>>;
}

export interface PodRequest {
  readonly pod: string;
  readonly port: number;
  readonly method: 'GET' | 'POST';
  /** With its query, without a slash before it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** How the cluster is reached; or why it is not known which, and what would be right. */
export type Reach =
  | { readonly kind: 'cluster'; readonly cluster: Cluster }
  | { readonly kind: 'none'; readonly message: string; readonly hint: string };

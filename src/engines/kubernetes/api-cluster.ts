import type { IncomingMessage } from 'node:http';
import {
  ApiException,
  AuthenticationV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  type ConfigurationOptions,
  CoreV1Api,
  type CoreV1Event,
  type KubeConfig,
  Observable,
  type RequestContext,
  type ResponseContext,
  type V1Job,
  type V1Node,
  type V1Pod,
  type V1ResourceQuota,
  type V1Secret,
  VersionApi,
} from '@kubernetes/client-node';
import { z } from 'zod';
import type { Answer, Refusal } from './answer.ts';
import type { Cluster, PodRequest } from './cluster.ts';
import { PodProxy } from './pod-proxy.ts';
import type { Right } from './rights.ts';

/** An API server by the project's client, with a limit of its own for each call. */
export class ApiCluster implements Cluster {
  readonly server: string;
  readonly namespace: string;
  readonly #limitMs: number;
  readonly #version: VersionApi;
  readonly #authentication: AuthenticationV1Api;
  readonly #authorization: AuthorizationV1Api;
  readonly #batch: BatchV1Api;
  readonly #core: CoreV1Api;
  readonly #pods: PodProxy;
  #connections: NonNullable<ReturnType<RequestContext['getDispatcher']>> | null = null;

  constructor(config: KubeConfig, namespace: string, limitMs: number) {
    this.server = config.getCurrentCluster()?.server ?? '';
    this.namespace = namespace;
    this.#limitMs = limitMs;
    this.#version = config.makeApiClient(VersionApi);
    this.#authentication = config.makeApiClient(AuthenticationV1Api);
    this.#authorization = config.makeApiClient(AuthorizationV1Api);
    this.#batch = config.makeApiClient(BatchV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#pods = new PodProxy(config, namespace);
  }

  version(): Promise<Answer<string>> {
    return this.#ask(async (options) => (await this.#version.getCode({}, options)).gitVersion);
  }

  whoAmI(): Promise<Answer<string>> {
    return this.#ask(async (options) => {
      const { status } = await this.#authentication.createSelfSubjectReview({ body: {} }, options);
      return status?.userInfo?.username ?? 'nobody';
    });
  }

  mayI({ verb, group, resource, subresource, scope }: Right): Promise<Answer<boolean>> {
    const below = subresource === undefined ? {} : { subresource };
    const within = scope === 'cluster' ? {} : { namespace: this.namespace };
    const spec = { resourceAttributes: { verb, group, resource, ...below, ...within } };
    return this.#ask(async (options) => {
      const { status } = await this.#authorization.createSelfSubjectAccessReview({ body: { spec } }, options);
      return status?.allowed === true;
    });
  }

  createJob(body: V1Job, how: 'real' | 'trial'): Promise<Answer<V1Job>> {
    const trial = how === 'trial' ? { dryRun: 'All' } : {};
    const request = { namespace: this.namespace, body, fieldValidation: 'Strict', ...trial };
    return this.#ask((options) => this.#batch.createNamespacedJob(request, options));
  }

  readJob(name: string): Promise<Answer<V1Job>> {
    return this.#ask((options) => this.#batch.readNamespacedJob({ namespace: this.namespace, name }, options));
  }

  listJobs(labelSelector: string): Promise<Answer<readonly V1Job[]>> {
    return this.#items((options) =>
      this.#batch.listNamespacedJob({ namespace: this.namespace, labelSelector }, options),
    );
  }

  deleteJob(name: string): Promise<Answer<unknown>> {
    const request = { namespace: this.namespace, name, propagationPolicy: 'Foreground' };
    return this.#ask((options) => this.#batch.deleteNamespacedJob(request, options));
  }

  createSecret(body: V1Secret): Promise<Answer<unknown>> {
    return this.#ask((options) => this.#core.createNamespacedSecret({ namespace: this.namespace, body }, options));
  }

  deleteSecret(name: string): Promise<Answer<unknown>> {
    return this.#ask((options) => this.#core.deleteNamespacedSecret({ namespace: this.namespace, name }, options));
  }

  listPods(labelSelector: string): Promise<Answer<readonly V1Pod[]>> {
    return this.#items((options) =>
      this.#core.listNamespacedPod({ namespace: this.namespace, labelSelector }, options),
    );
  }

  forgetPod(name: string, uid: string): Promise<Answer<unknown>> {
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    return this.#ask((options) => this.#core.deleteNamespacedPod({ namespace: this.namespace, name, body }, options));
  }

  readLog(name: string, container: string, tailLines: number): Promise<Answer<string>> {
    const request = { namespace: this.namespace, name, container, tailLines };
    return this.#ask((options) => this.#core.readNamespacedPodLog(request, options));
  }

  listEvents(uid: string): Promise<Answer<readonly CoreV1Event[]>> {
    const request = { namespace: this.namespace, fieldSelector: `involvedObject.uid=${uid}` };
    return this.#items((options) => this.#core.listNamespacedEvent(request, options));
  }

  listQuotas(): Promise<Answer<readonly V1ResourceQuota[]>> {
    return this.#items((options) => this.#core.listNamespacedResourceQuota({ namespace: this.namespace }, options));
  }

  listNodes(): Promise<Answer<readonly V1Node[]>> {
    return this.#items((options) => this.#core.listNode({}, options));
  }

  readAccount(name: string): Promise<Answer<unknown>> {
    return this.#ask((options) =>
      this.#core.readNamespacedServiceAccount({ namespace: this.namespace, name }, options),
    );
  }

  async askPod(request: PodRequest): Promise<Answer<IncomingMessage>> {
    try {
      return { kind: 'answered', value: await this.#pods.ask(request) };
    } catch (error) {
      return silent(`${this.server}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #items<T>(
    list: (options: ConfigurationOptions) => Promise<{ readonly items: readonly T[] }>,
  ): Promise<Answer<readonly T[]>> {
    return this.#ask(async (options) => (await list(options)).items);
  }

  /** What the credentials take counts too: a kubeconfig may have a program ask for them. */
  async #ask<T>(call: (options: ConfigurationOptions) => Promise<T>): Promise<Answer<T>> {
    const limit = AbortSignal.timeout(this.#limitMs);
    const { promise: late, reject } = Promise.withResolvers<never>();
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
    try {
      return { kind: 'answered', value: await Promise.race([call(this.#optionsWithin(limit)), late]) };
    } catch (error) {
      // The next call begins with a connection, and with credentials, of its own.
      this.#connections = null;
      const limitS = this.#limitMs / 1000;
      return limit.aborted ? silent(`${this.server} gave no answer within ${limitS} s`) : failureOf(error, this.server);
    }
  }

  /** The client would open a connection for each call: the first one's serves the next ones too. */
  #optionsWithin(limit: AbortSignal): ConfigurationOptions {
    const pre = (request: RequestContext): Observable<RequestContext> => {
      this.#connections ??= request.getDispatcher() ?? null;
      if (this.#connections !== null) request.setDispatcher(this.#connections);
      request.setSignal(limit);
      return new Observable(Promise.resolve(request));
    };
    const post = (response: ResponseContext): Observable<ResponseContext> => new Observable(Promise.resolve(response));
    return { middleware: [{ pre, post }], middlewareMergeStrategy: 'append' };
  }
}

const silent = (why: string): Extract<Answer<never>, { readonly kind: 'silent' }> => ({ kind: 'silent', why });

/** Of a call that ended without a value. What is neither the server's nor the network's is a fault of the credentials. */
function failureOf(error: unknown, server: string): Exclude<Answer<never>, { readonly kind: 'answered' }> {
  if (error instanceof ApiException) return refusalOf(error);
  if (error instanceof SyntaxError) return silent(`${server} gave an answer that cannot be read: ${error.message}`);
  const said = error instanceof Error ? error : new Error(String(error));
  if (said instanceof TypeError) return silent(`${server} cannot be reached: ${causeOf(said)}`);
  return {
    kind: 'refused',
    status: 401,
    reason: 'Unauthorized',
    message: `the kubeconfig's user: ${oneLine(said.message)}`,
  };
}

/** What the network says is below what the client makes of it. */
const causeOf = ({ message, cause }: Error): string =>
  cause instanceof AggregateError
    ? String((cause.errors[0] as Error | undefined)?.message ?? message)
    : cause instanceof Error
      ? cause.message
      : message;

/** meta/v1, Status. */
const STATUS = z.object({ reason: z.string().default(''), message: z.string().default('') });

const refusalOf = ({ code, body }: ApiException<unknown>): Refusal =>
  refusalIn(code, typeof body === 'string' ? body : '');

/** What the server says in an error: text, whatever it holds. */
export function refusalIn(code: number, text: string): Refusal {
  const read = STATUS.safeParse(parsed(text));
  const { reason, message } = read.success ? read.data : { reason: '', message: oneLine(text) };
  return { kind: 'refused', status: code, reason, message: message || (code === 401 ? 'Unauthorized' : '') };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 600);

import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { PodRequest } from './cluster.ts';

/**
 * What pods serve over TLS, through the API server's proxy (`pods/proxy`): the server dials the pod's address, does not look at
 * its certificate, keeps the header `authorization` to itself, and neither limits how long an exchange lasts nor how much goes
 * over it.
 */
export class PodProxy {
  readonly #config: KubeConfig;
  readonly #namespace: string;

  constructor(config: KubeConfig, namespace: string) {
    this.#config = config;
    this.#namespace = namespace;
  }

  /** Whatever answers, with its head; rejects where nobody does. */
  async ask({ pod, port, path, method, headers, body, idleMs, signal }: PodRequest): Promise<IncomingMessage> {
    const server = this.#config.getCurrentCluster()?.server ?? '';
    const url = `${server}/api/v1/namespaces/${this.#namespace}/pods/https:${pod}:${port}/proxy/${path}`;
    const options = await this.#options();
    const own = options.headers as Readonly<Record<string, string>> | undefined;
    const request = url.startsWith('http:') ? requestHttp : requestHttps;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asked = request(url, { ...options, method, headers: { ...own, ...headers }, signal }, resolve);
    asked.setTimeout(idleMs, () => asked.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
    asked.on('error', reject);
    asked.end(body ?? undefined);
    return await promise;
  }

  /** With the credentials of now, which may run out, over connections that are kept. */
  async #options(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    if (options.agent instanceof Agent) Object.assign(options.agent, { keepAlive: true });
    return options;
  }
}

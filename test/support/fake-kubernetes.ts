import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

/** An object as the API has it: what is looked at here. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** A call that was heard. */
export interface Call {
  /** `POST /apis/batch/v1/namespaces/bench/jobs`. */
  readonly line: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

/** How a call is answered instead: whatever is sent, or nothing at all. */
export type Fault = { readonly status: number; readonly text: string } | 'no answer';

interface Trouble {
  readonly line: RegExp;
  readonly fault: Fault;
  left: number;
}

/** What is asked of a pod. */
const PROXY = /^\/api\/v1\/namespaces\/[^/]+\/pods\/https:([^/:]+):(\d+)\/proxy(\/.*)$/;
const ROOT = /^\/api(?:s\/batch)?\/v1\/namespaces\/([^/]+)\/([a-z]+)(?:\/([^/]+))?(\/log)?$/;

/** The error body of the API (meta/v1, Status). */
export const failure = (status: number, reason: string, message: string): Fault => ({
  status,
  text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: status }),
});

/**
 * As much of an API server as the engine talks to, for what a real one cannot be brought to do. It keeps Jobs, Secrets and pods;
 * a Job that is deleted takes its pods along, but for those of a node that does not answer. Nothing is scheduled: tests say what
 * pods there are. What is asked of a pod is asked of its port on this machine.
 */
export class FakeKubernetes {
  readonly namespace = 'bench';
  readonly calls: Call[] = [];
  readonly objects = {
    jobs: new Map<string, ApiObject>(),
    secrets: new Map(),
    pods: new Map<string, ApiObject>(),
    serviceaccounts: new Map<string, ApiObject>(),
  };
  readonly lists: Record<string, ApiObject[]> = { events: [], resourcequotas: [], nodes: [] };
  /** Verbs and resources that one may not: `create jobs`. */
  readonly forbidden = new Set<string>();
  /** Names of pods whose node does not answer. */
  readonly stuck = new Set<string>();
  log = '';
  #uid = 0;
  readonly #troubles: Trouble[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Of one who may do everything that is not forbidden. */
  kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'mia', user: { token: 'token-of-mia' } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'mia', namespace: this.namespace } }],
      'current-context': 'fake',
    });
  }

  /** Answers the next calls whose line fits by a fault. */
  trouble(line: RegExp, fault: Fault, times = 1): void {
    this.#troubles.push({ line, fault, left: times });
  }

  /** Lines of the calls that changed something. */
  changes(): readonly string[] {
    return this.calls
      .map(({ line }) => line)
      .filter((line) => !line.startsWith('GET') && !line.includes('selfsubject'));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { pathname, searchParams, search } = new URL(request.url ?? '/', this.url);
    const [ofPod, pod = '', port, path] = PROXY.exec(pathname) ?? [];
    const call: Call = {
      line: `${request.method} ${pathname}`,
      query: Object.fromEntries(searchParams),
      body: text === '' || ofPod !== undefined ? null : JSON.parse(text),
      authorization: request.headers.authorization,
    };
    this.calls.push(call);
    const trouble = this.#troubles.find(({ line, left }) => left > 0 && line.test(call.line));
    if (trouble !== undefined) trouble.left--;
    if (trouble === undefined && this.objects.pods.has(pod)) {
      passOn(request, `https://127.0.0.1:${port}${path}${search}`, Buffer.concat(chunks), response);
      return;
    }
    const fault = trouble?.fault ?? this.#answer(request.method ?? '', pathname, call);
    if (fault === 'no answer') return;
    const type = call.line.endsWith('/log') ? 'text/plain' : 'application/json';
    response.writeHead(fault.status, { 'content-type': type }).end(fault.text);
  }

  #answer(method: string, path: string, call: Call): Fault {
    if (path === '/version') return json(200, { gitVersion: 'v1.36.3', major: '1', minor: '36' });
    if (path.endsWith('/selfsubjectaccessreviews')) return this.#review(call);
    if (path.endsWith('/selfsubjectreviews')) return json(201, { status: { userInfo: { username: 'mia' } } });
    if (path === '/api/v1/nodes') return this.#list('nodes', call);
    if (PROXY.test(path)) return failure(404, 'NotFound', 'pods not found');
    const [, namespace, resource = '', name, log] = ROOT.exec(path) ?? [];
    if (namespace !== this.namespace) return failure(404, 'NotFound', `namespaces "${namespace}" not found`);
    if (log !== undefined) return { status: 200, text: this.log };
    if (method === 'POST') return this.#create(resource, call);
    if (name === undefined) return this.#list(resource, call);
    return method === 'DELETE' ? this.#delete(resource, name, call) : this.#read(resource, name);
  }

  #review({ body }: Call): Fault {
    const { resourceAttributes: asked } = (body as { spec: { resourceAttributes: Record<string, string> } }).spec;
    const right = `${asked.verb} ${asked.resource}${asked.subresource ? `/${asked.subresource}` : ''}`;
    return json(201, { spec: {}, status: { allowed: !this.forbidden.has(right) } });
  }

  #kept(resource: string): Map<string, ApiObject> {
    return this.objects[resource as keyof FakeKubernetes['objects']] ?? new Map();
  }

  #create(resource: string, { body, query }: Call): Fault {
    const object = body as ApiObject;
    const { name } = object.metadata;
    if (this.#kept(resource).has(name)) {
      return failure(409, 'AlreadyExists', `${resource} "${name}" already exists`);
    }
    const made = { ...object, metadata: { ...object.metadata, uid: `uid-${++this.#uid}` } };
    if (query.dryRun === undefined) this.#kept(resource).set(name, made);
    return json(201, made);
  }

  #read(resource: string, name: string): Fault {
    const object = this.#kept(resource).get(name);
    return object === undefined ? failure(404, 'NotFound', `${resource} "${name}" not found`) : json(200, object);
  }

  #list(resource: string, { query }: Call): Fault {
    if (this.forbidden.has(`list ${resource}`)) return failure(403, 'Forbidden', `${resource} is forbidden: no right`);
    const all = this.lists[resource] ?? [...this.#kept(resource).values()];
    const wanted = (query.labelSelector ?? '').split(',').filter((term) => term !== '');
    const items = all.filter(({ metadata }) =>
      wanted.every((term) => {
        const [key = '', value] = term.split('=');
        return metadata.labels?.[key] === value;
      }),
    );
    return json(200, { items, metadata: {} });
  }

  #delete(resource: string, name: string, { body, query }: Call): Fault {
    const found = this.#read(resource, name);
    const options = { ...query, ...(body as object | null) } as { gracePeriodSeconds?: number | string };
    if (resource === 'jobs') this.#deleteJob(name);
    else if (resource !== 'pods' || `${options.gracePeriodSeconds}` === '0') this.#kept(resource).delete(name);
    this.#collect();
    return found;
  }

  #deleteJob(name: string): void {
    const job = this.objects.jobs.get(name);
    if (job === undefined) return;
    const ending = { deletionTimestamp: '2026-11-22T05:18:00Z', deletionGracePeriodSeconds: 0 };
    this.objects.jobs.set(name, { ...job, metadata: { ...job.metadata, ...ending } });
    for (const [key, pod] of this.#podsOf(name)) {
      if (this.stuck.has(key)) this.objects.pods.set(key, { ...pod, metadata: { ...pod.metadata, ...ending } });
      else this.objects.pods.delete(key);
    }
  }

  /** A Job that is to go goes with its last pod. */
  #collect(): void {
    for (const [name, { metadata }] of this.objects.jobs) {
      if (metadata.deletionTimestamp !== undefined && this.#podsOf(name).length === 0) this.objects.jobs.delete(name);
    }
  }

  #podsOf(job: string): readonly [string, ApiObject][] {
    return [...this.objects.pods].filter(
      ([, { metadata }]) => metadata.labels?.['batch.kubernetes.io/job-name'] === job,
    );
  }
}

const json = (status: number, value: unknown): Fault => ({ status, text: JSON.stringify(value) });

/** As the API server does: without the credentials that it was asked with, and without a look at the pod's. */
function passOn({ method, headers }: IncomingMessage, url: string, body: Buffer, response: ServerResponse): void {
  const { authorization: _, host: __, ...passed } = headers;
  const asked = requestHttps(url, { method: method ?? 'GET', headers: passed, rejectUnauthorized: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', (error) => {
    const fault = failure(503, 'ServiceUnavailable', `error trying to reach service: ${error.message}`);
    if (fault !== 'no answer') response.writeHead(fault.status).end(fault.text);
  });
  asked.end(body);
}

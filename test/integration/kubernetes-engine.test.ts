import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesSite } from '../../src/campaign/fleet-spec.ts';
import type { AgentGroup, Engine, Handle } from '../../src/engines/engine.ts';
import { handleOf } from '../../src/engines/kubernetes/attempt-name.ts';
import { KubernetesEngine } from '../../src/engines/kubernetes/kubernetes.ts';
import { reachCluster } from '../../src/engines/kubernetes/reach.ts';
import { seconds } from '../../src/time/ns.ts';
import { eventually } from '../support/eventually.ts';
import { type ApiObject, FakeKubernetes, failure } from '../support/fake-kubernetes.ts';
import { JOB, KEY, ORDER, SITE } from '../support/kubernetes-order.ts';
import { pod, running, terminated } from '../support/kubernetes-pods.ts';

const LIMIT_MS = 1_000;
const JOBS = '/apis/batch/v1/namespaces/bench/jobs';
const SECRETS = '/api/v1/namespaces/bench/secrets';

let api: FakeKubernetes;
let folder: string;
beforeEach(async () => {
  api = new FakeKubernetes();
  await api.listen();
  folder = mkdtempSync(join(tmpdir(), 'loadcell-kubernetes-'));
  writeFileSync(join(folder, 'config'), api.kubeconfig());
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

function engineWith(site: Partial<KubernetesSite> = {}): Engine {
  const env = { KUBECONFIG: join(folder, 'config') };
  const reach = reachCluster({ context: null, namespace: null }, { env, home: folder, limitMs: LIMIT_MS });
  return new KubernetesEngine({
    reach,
    site: { ...SITE, ...site },
    queueNs: seconds(600),
    pollMs: 20,
    slackMs: 200,
    owner: null,
  });
}

const { group } = ORDER;
const handle = handleOf(KEY, group.indices);
const submit = (engine: Engine): Promise<Handle> => engine.submit(group, KEY);

/** What a kubelet would tell of the pods of the Job. */
function place(...pods: Parameters<typeof pod>[2][]): void {
  for (const [nth, facts] of pods.entries()) {
    const made = pod(JOB, nth, facts) as unknown as ApiObject;
    api.objects.pods.set(made.metadata.name, made);
  }
}

describe('a submission', () => {
  test('makes a Job, and the Secret that it owns', async () => {
    expect(await submit(engineWith())).toEqual(handle);
    expect(api.changes()).toEqual([`POST ${JOBS}`, `POST ${SECRETS}`]);
    const job = api.objects.jobs.get(JOB);
    expect(job).toMatchObject({
      metadata: { labels: { 'loadcell/user': 'mia' } },
      spec: { completionMode: 'Indexed', backoffLimitPerIndex: 0, podReplacementPolicy: 'Failed' },
    });
    const secret = api.objects.secrets.get(JOB);
    expect(secret.metadata.ownerReferences).toEqual([
      { apiVersion: 'batch/v1', kind: 'Job', name: JOB, uid: job?.metadata.uid },
    ]);
    expect(Buffer.from(secret.data.token, 'base64').toString()).toBe(`${group.token}\n`);
    expect(api.calls[0]?.authorization).toBe('Bearer token-of-mia');
  });

  test('that is made again finds what the first one made', async () => {
    await submit(engineWith());
    const [secret, job] = [api.objects.secrets.get(JOB), api.objects.jobs.get(JOB)];
    expect(await submit(engineWith())).toEqual(handle);
    expect([api.objects.secrets.get(JOB), api.objects.jobs.get(JOB)]).toEqual([secret, job]);
  });

  test.each([
    ['no answer', 'no answer' as const],
    ['a fault of the server', failure(500, 'InternalError', 'etcd: leader changed')],
    ['an answer that nobody can read', { status: 201, text: '{"kind": "Job", ' }],
    ['too many requests', failure(429, 'TooManyRequests', 'slow down')],
  ])('of which %s came is made again', async (_, fault) => {
    api.trouble(/POST .*jobs$/, fault);
    api.trouble(/POST .*secrets$/, fault);
    expect(await submit(engineWith())).toEqual(handle);
    expect(api.objects.jobs.size).toBe(1);
    expect(api.objects.secrets.size).toBe(1);
  });

  test.each([
    [
      /POST .*jobs$/,
      failure(403, 'Forbidden', 'jobs.batch is forbidden: User "mia" cannot create resource "jobs"'),
      `create job ${JOB}: jobs.batch is forbidden: User "mia" cannot create resource "jobs"; ask for the Role of deploy/kubernetes in this namespace`,
    ],
    [
      /POST .*jobs$/,
      failure(403, 'Forbidden', 'jobs.batch "x" is forbidden: exceeded quota: few, requested: count/jobs.batch=1'),
      'exceeded quota: few, requested: count/jobs.batch=1; ask for less',
    ],
    [
      /POST .*jobs$/,
      failure(404, 'NotFound', 'namespaces "bench" not found'),
      'namespaces "bench" not found; name one that is there with fleet.kubernetes.namespace',
    ],
    [
      /POST .*jobs$/,
      failure(401, 'Unauthorized', 'Unauthorized'),
      'Unauthorized; the credentials of the kubeconfig are refused or have expired: log in to the cluster again',
    ],
    [/selfsubjectreviews$/, failure(401, 'Unauthorized', 'Unauthorized'), 'log in to the cluster again'],
    [/POST .*jobs$/, { status: 418, text: 'a proxy says no' }, 'a proxy says no'],
  ])('that is refused says why and what would be right: %s %o', async (line, fault, sentence) => {
    api.trouble(line, fault);
    await expect(submit(engineWith())).rejects.toThrow(sentence);
    expect(api.objects.jobs.size).toBe(0);
  });

  test('whose Secret is refused leaves no Job behind', async () => {
    api.trouble(/POST .*secrets$/, failure(403, 'Forbidden', 'secrets is forbidden: no right'));
    await expect(submit(engineWith())).rejects.toThrow(`create secret ${JOB}: secrets is forbidden: no right`);
    expect(api.objects.jobs.size).toBe(0);
  });

  test('does not take somebody else’s Job for its own', async () => {
    api.objects.jobs.set(JOB, { metadata: { name: JOB, uid: 'other' } });
    await expect(submit(engineWith())).rejects.toThrow("and it is not this attempt's; delete it");
    expect(api.objects.secrets.size).toBe(0);
  });
});

describe('the status', () => {
  test('is what the pods say', async () => {
    const engine = engineWith();
    await submit(engine);
    place(
      { node: 'n1', container: running },
      { node: 'n2', container: terminated(70, 'loadcell agent: a fault'), phase: 'Failed' },
    );
    expect(await engine.status(handle)).toMatchObject({
      kind: 'running',
      members: [
        { index: 0, node: 'n1', state: { kind: 'running' } },
        { index: 3, state: { kind: 'ended', exit: { exitCode: 70, lastLine: 'loadcell agent: a fault' } } },
      ],
    });
  });

  test('names the quota that keeps the Job from making its pods', async () => {
    const engine = engineWith();
    await submit(engine);
    const said = 'Error creating: pods "x" is forbidden: exceeded quota: gpus';
    const event = (message: string, type: string) => ({ metadata: { name: message }, type, message });
    api.lists.events = [event('Created pod', 'Normal'), event(said, 'Warning'), event('Created pod', 'Normal')];
    expect(await engine.status(handle)).toEqual({ kind: 'queued', reason: `Job ${JOB} waits: no pods yet: ${said}` });
    expect(api.calls.findLast(({ line }) => line.endsWith('/events'))?.query.fieldSelector).toBe(
      'involvedObject.uid=uid-1',
    );
  });

  test.each([
    ['gives no answer', 'no answer' as const, 'within 1 s'],
    ['has a fault', failure(503, 'ServiceUnavailable', 'the server is starting'), 'the server is starting'],
    ['says what nobody can read', { status: 200, text: '<html>' }, 'cannot be read'],
    ['refuses the credentials', failure(401, 'Unauthorized', 'Unauthorized'), 'have expired'],
    ['takes a right away', failure(403, 'Forbidden', 'jobs is forbidden'), 'jobs is forbidden'],
    ['has gone on', failure(410, 'Expired', 'too old resource version'), 'too old resource version'],
  ])('is unknown where the server %s, and never gone', async (_, fault, why) => {
    const engine = engineWith();
    await submit(engine);
    api.trouble(/GET /, fault, 100);
    const status = await engine.status(handle);
    expect(status.kind).toBe('unknown');
    expect('reason' in status && status.reason).toContain(why);
  });

  test('is unknown where nobody listens any more', async () => {
    const engine = engineWith();
    await submit(engine);
    const { url } = api;
    await api.close();
    const status = await engine.status(handle);
    expect(status.kind).toBe('unknown');
    expect('reason' in status && status.reason).toContain(`${url} cannot be reached: `);
    await api.listen();
  });

  test('that changes is told once', async () => {
    const engine = engineWith();
    await submit(engine);
    const told: string[] = [];
    const unwatch = engine.watch(handle, ({ kind }) => told.push(kind));
    await eventually('it to wait', () => told.includes('queued'));
    place({ node: 'n1', container: running }, { node: 'n2', container: running });
    await eventually('it to run', () => told.includes('running'));
    place({ node: 'n1', container: terminated(0) }, { node: 'n2', container: terminated(0) });
    await eventually('its end', () => told.includes('ended'));
    unwatch();
    expect(told).toEqual(['queued', 'running', 'ended']);
  });
});

describe('a cancellation', () => {
  test('takes Job, Secret and pods, and says twice that it is done', async () => {
    const engine = engineWith();
    await submit(engine);
    place({ node: 'n1', container: running }, { node: 'n2', container: running });
    await engine.cancel(handle, seconds(1));
    expect([...api.objects.jobs, ...api.objects.secrets, ...api.objects.pods]).toEqual([]);
    await engine.cancel(handle, seconds(1));
    expect(await engine.status(handle)).toMatchObject({ kind: 'ended', outcome: 'cancelled' });
    const deleted = api.calls.find(({ line }) => line === `DELETE ${JOBS}/${JOB}`);
    expect({ ...deleted?.query, ...(deleted?.body as object) }).toMatchObject({ propagationPolicy: 'Foreground' });
  });

  test('takes out a pod whose node does not answer', async () => {
    const engine = engineWith();
    await submit(engine);
    place({ node: 'n1', container: running }, { node: 'n2', container: running });
    api.stuck.add(`${JOB}-1-abcde`);
    await engine.cancel(handle, seconds(1));
    expect([...api.objects.jobs, ...api.objects.pods]).toEqual([]);
    const forgotten = api.calls.find(({ line }) => line === `DELETE /api/v1/namespaces/bench/pods/${JOB}-1-abcde`);
    expect({ ...forgotten?.query, ...(forgotten?.body as object) }).toMatchObject({ preconditions: { uid: 'uid-1' } });
  });

  test('that is refused says how to end it by hand', async () => {
    const engine = engineWith();
    await submit(engine);
    api.trouble(/DELETE .*jobs/, failure(403, 'Forbidden', 'jobs is forbidden'), 100);
    await expect(engine.cancel(handle, seconds(1))).rejects.toThrow(
      `Job ${JOB} could not be cancelled: delete job ${JOB}: jobs is forbidden; ask for the Role of deploy/kubernetes in this namespace; end it with: kubectl delete job ${JOB} --namespace bench --cascade=foreground`,
    );
  });

  test('waits out a server that says nothing for a while', async () => {
    const engine = engineWith();
    await submit(engine);
    api.trouble(/DELETE .*jobs/, failure(500, 'InternalError', 'etcd'), 1);
    api.trouble(/GET /, 'no answer', 2);
    await engine.cancel(handle, seconds(1));
    expect(api.objects.jobs.size).toBe(0);
  });
});

test('a later coordinator finds what an earlier one left, of one run or of all of its user', async () => {
  await submit(engineWith());
  const own = api.objects.jobs.get(JOB) as ApiObject;
  const other = { ...own.metadata, name: 'other', labels: { ...own.metadata.labels, 'loadcell/user': 'tom' } };
  api.objects.jobs.set('other', { ...own, metadata: other });
  const over = { conditions: [{ type: 'Complete', status: 'True' }] };
  api.objects.jobs.set('over', { ...own, metadata: { ...own.metadata, name: 'over' }, status: over });
  const later = engineWith();
  expect(await later.list({ runId: null })).toEqual([handle]);
  expect(await later.list({ runId: KEY.runId })).toHaveLength(2);
  expect(await later.list({ runId: 'another' })).toEqual([]);
});

test('what an agent wrote is read from its pod', async () => {
  const engine = engineWith();
  await submit(engine);
  place({ node: 'n1', container: running }, { node: 'n2', container: running });
  api.log = 'loadcell agent: words\n';
  const chunks: Buffer[] = [];
  for await (const chunk of engine.logs(handle, 3)) chunks.push(Buffer.from(chunk));
  expect(Buffer.concat(chunks).toString()).toBe('loadcell agent: words\n');
  expect(api.calls.at(-1)).toMatchObject({
    line: `GET /api/v1/namespaces/bench/pods/${JOB}-1-abcde/log`,
    query: { container: 'agent' },
  });
});

describe('a probe', () => {
  const node = (name: string, product: string, gpus = '2'): ApiObject => ({
    metadata: { name, labels: { 'nvidia.com/gpu.product': product } },
    spec: { taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] },
    status: {
      allocatable: { cpu: '8', memory: '16Gi', pods: '50', 'nvidia.com/gpu': gpus },
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.8' }],
    },
  });
  const a100 = { ...group.instance, gpu: 'A100-SXM4-40GB', gpusPerAgent: 1 };
  const problemsOf = async (of: Partial<AgentGroup> = {}, site: Partial<KubernetesSite> = {}) => {
    const probe = await engineWith(site).probe({ ...group, instance: a100, ...of });
    return probe.kind === 'feasible' ? probe.found : probe.problems;
  };
  const problemWith = async (...of: Parameters<typeof problemsOf>): Promise<string> =>
    (await problemsOf(...of))
      .map((one) => (typeof one === 'string' ? one : `${one.code}: ${one.message}; ${one.hint}`))
      .join('\n');

  beforeEach(() => {
    api.lists.nodes = [node('n1', 'NVIDIA-A100-SXM4-40GB'), node('n2', 'NVIDIA-A100-SXM4-40GB')];
  });

  test('tells what is there, and tries the Job without making it', async () => {
    expect(await problemsOf()).toEqual([
      `Kubernetes v1.36.3 at ${api.url}, namespace bench, as mia`,
      '2 nodes: NVIDIA-A100-SXM4-40GB, 2 nvidia.com/gpu each',
    ]);
    expect(api.objects.jobs.size).toBe(0);
    expect(api.calls.at(-1)).toMatchObject({
      line: `POST ${JOBS}`,
      query: { dryRun: 'All', fieldValidation: 'Strict' },
    });
  });

  test('names the rights that are missing', async () => {
    api.forbidden.add('create secrets').add('get pods/log');
    expect(await problemWith()).toBe(
      'no-permission: namespace bench: mia may not get pods/log, create secrets; ask for the Role of deploy/kubernetes in this namespace',
    );
  });

  test('names what may not be read, and does not judge it', async () => {
    for (const right of ['list nodes', 'list resourcequotas', 'list events']) api.forbidden.add(right);
    const found = await problemsOf();
    expect(found.slice(1)).toEqual([
      'nodes may not be read: whether any node fits is not told before the start',
      'quotas may not be read: whether quotas leave room is not told before the start',
      'events may not be read: why pods are not made (quotas) is not told',
    ]);
  });

  test('tells a model that no node has, and what there is', async () => {
    api.lists.nodes = [node('n1', 'NVIDIA-A100-SXM4-40GB-SHARED', '8'), node('n2', 'NVIDIA-H100-PCIe')];
    const said = await problemWith();
    expect(said).toContain(
      'no-room: nodes for 0 of 2 agents fit nvidia.com/gpu.product in NVIDIA-A100-SXM4-40GB, A100-SXM4-40GB',
    );
    expect(said).toContain(
      'this cluster has 1 node: NVIDIA-A100-SXM4-40GB-SHARED, 8 nvidia.com/gpu each; 1 node: NVIDIA-H100-PCIe',
    );
    expect(said).toContain('GPUs that are shared or cut are taken only where gpu names them so');
    expect(await problemWith({}, { nodes: 'scaled' })).toContain('more are to come when pods wait');
  });

  test('tells a quota that will never give the places, and one that does not now', async () => {
    const quota = (pods: string, used: string): ApiObject => ({
      metadata: { name: 'few' },
      spec: { hard: { pods } },
      status: { hard: { pods }, used: { pods: used } },
    });
    api.lists.resourcequotas = [quota('1', '0')];
    expect(await problemWith()).toContain('no-room: quota few allows 1 pods, 2 are asked for');
    api.lists.resourcequotas = [quota('3', '2')];
    expect(await problemWith()).toContain('not now: quota few allows 3 pods, 2 are used and 2 are asked for');
  });

  test('tells an address that pods cannot dial, unless the nodes are this machine', async () => {
    expect(await problemWith({ coordinator: '127.0.0.1:7070' })).toContain(
      'misconfigured: pods cannot dial 127.0.0.1:7070, which only this machine reaches; expected --listen',
    );
    for (const one of api.lists.nodes ?? []) {
      Object.assign(one.status as object, { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] });
    }
    expect(await problemWith({ coordinator: '127.0.0.1:7070' })).not.toContain('misconfigured');
  });

  test.each([
    [/version$/, failure(401, 'Unauthorized', 'Unauthorized'), 'no-permission: the API server'],
    [/version$/, 'no answer' as const, 'no-answer: the API server'],
    [/version$/, failure(500, 'InternalError', 'boom'), 'no-answer: the API server'],
    [
      /POST .*jobs$/,
      failure(404, 'NotFound', 'namespaces "bench" not found'),
      'misconfigured: create job (a trial): namespaces "bench" not found; name one',
    ],
    [
      /POST .*jobs$/,
      failure(403, 'Forbidden', 'exceeded quota: few'),
      'no-room: create job (a trial): exceeded quota: few',
    ],
    [
      /POST .*jobs$/,
      failure(422, 'Invalid', 'spec.template: Invalid value'),
      'misconfigured: create job (a trial): spec.template: Invalid value',
    ],
  ])('tells what the server answers: %s', async (line, fault, said) => {
    api.trouble(line, fault);
    expect(await problemWith()).toContain(said);
  });

  test('tells that there is no kubeconfig', async () => {
    rmSync(join(folder, 'config'));
    expect(await problemWith()).toContain('misconfigured: KUBECONFIG: found ');
    await expect(submit(engineWith())).rejects.toThrow('and no such file');
  });
});

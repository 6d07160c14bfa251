import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubernetesSite } from '../../../src/campaign/fleet-spec.ts';
import { ANY_INSTANCE, type Instance } from '../../../src/campaign/instance.ts';
import type { AgentGroup, GroupStatus } from '../../../src/engines/engine.ts';
import { KubernetesEngine, type KubernetesEngineOptions } from '../../../src/engines/kubernetes/kubernetes.ts';
import { reachCluster } from '../../../src/engines/kubernetes/reach.ts';
import { seconds } from '../../../src/time/ns.ts';
import { describeEngine, placeOf } from '../../support/engine-conformance.ts';
import { eventually } from '../../support/eventually.ts';
import { SITE } from '../../support/kubernetes-order.ts';
import { agentsOf } from '../agent-processes.ts';
import { describeCluster } from '../describe-cluster.ts';
import { AGENT_COMMAND } from './campaigns.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { IMAGE, KubernetesCluster } from './kubernetes-cluster.ts';

describeCluster('kubernetes', whyNoKubernetes(), () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8 });
  });
  afterAll(() => cluster?.stop());

  const site = (change: Partial<KubernetesSite>): KubernetesSite => ({
    ...SITE,
    image: IMAGE,
    command: AGENT_COMMAND,
    ...change,
  });

  interface Change extends Partial<KubernetesEngineOptions> {
    readonly kubeconfig?: string;
    readonly limitMs?: number;
    readonly at?: Partial<KubernetesSite>;
  }

  const engine = ({ kubeconfig, limitMs = 15_000, at = {}, ...change }: Change = {}): KubernetesEngine => {
    const env = { KUBECONFIG: kubeconfig ?? cluster.kubeconfig };
    const place = site(at);
    const reach = reachCluster(place, { env, home: '/nobody', limitMs });
    return new KubernetesEngine({
      reach,
      site: place,
      queueNs: seconds(60),
      pollMs: 200,
      slackMs: 2_000,
      owner: null,
      ...change,
    });
  };

  const groupOn = (instance: Partial<Instance>, change: Partial<AgentGroup> = {}): AgentGroup => ({
    ...placeOf({ runId: 'asked', indices: [0], coordinator: '127.0.0.1:1', token: 'secret' }),
    instance: { ...ANY_INSTANCE, ...instance },
    ...change,
  });

  describeEngine('kubernetes', () =>
    Promise.resolve({
      engine: () => engine(),
      address: (port) => `127.0.0.1:${port}`,
      killMember: (handle, index) => {
        for (const pid of agentsOf(handle.key.runId, index)) process.kill(pid, 'SIGKILL');
      },
      stopMember: (handle, index) => {
        for (const pid of agentsOf(handle.key.runId, index)) process.kill(pid, 'SIGSTOP');
      },
      close: () => cluster.quiet(),
    }),
  );

  test('says what is there, and that a Job of this shape would be taken', async () => {
    const probe = await engine().probe(groupOn({ gpu: 'A100-SXM4-40GB', gpusPerAgent: 2 }, { indices: [0, 1] }));
    expect(probe.found.join('\n')).toMatch(/Kubernetes v1\.36\.3 at https:.*, namespace default, as admin/);
    expect(probe.found.join('\n')).toMatch(/NVIDIA-A100-SXM4-40GB/);
    expect(probe.kind).toBe('feasible');
    expect(await cluster.jobs()).toEqual([]);
  });

  test.each([
    ['a GPU that no node has', { gpu: 'H100-SXM5-80GB', gpusPerAgent: 1 }, [0], /0 of 1 agents fit.*H100-SXM5-80GB/],
    ['more GPUs than a node has', { gpu: 'A100', gpusPerAgent: 3 }, [0], /0 of 1 agents fit.*3 nvidia\.com\/gpu/],
    ['more agents than nodes', {}, [0, 1, 2], /2 of 3 agents fit/],
    ['a slice of a GPU where GPUs are whole', { gpu: 'MIG 3g.20gb', gpusPerAgent: 1 }, [0], /mig-3g\.20gb/],
  ] as const)('refuses %s before anything starts', async (_, instance, indices, message) => {
    const probe = await engine().probe(groupOn(instance, { indices }));
    expect(probe).toMatchObject({ kind: 'infeasible', problems: [{ message: expect.stringMatching(message) }] });
  });

  test('a namespace that is not there is told in the API server’s own words', async () => {
    const probe = await engine({ at: { namespace: 'nowhere' } }).probe(groupOn({}));
    expect(probe).toMatchObject({
      kind: 'infeasible',
      problems: [{ message: expect.stringMatching(/namespaces "nowhere" not found/) }],
    });
  });

  test('an account without rights is told which ones it lacks', async () => {
    await cluster.makeNamespace('strangers');
    const kubeconfig = await cluster.kubeconfigOf('default', 'strangers');
    const probe = await engine({ kubeconfig }).probe(groupOn({}));
    expect(probe).toMatchObject({
      kind: 'infeasible',
      problems: [{ code: 'no-permission', message: expect.stringMatching(/may not create jobs, .*create secrets/) }],
    });
  });

  test('an API server that does not answer is unknown, and never gone', async () => {
    const impatient = engine({ limitMs: 300 });
    const handle = await engine().submit(groupOn({}, { runId: 'frozen' }), { runId: 'frozen', attempt: 1 });
    cluster.plane.freeze();
    try {
      expect((await impatient.status(handle)).kind).toBe('unknown');
      expect(await impatient.probe(groupOn({}))).toMatchObject({ problems: [{ code: 'no-answer' }] });
    } finally {
      cluster.plane.thaw();
    }
    await engine().cancel(handle);
    await cluster.quiet();
  });

  test('says why a place is not given yet, and which node and place it is once it is', async () => {
    const free = await cluster.occupy();
    const group = groupOn({ gpu: 'A100-SXM4-40GB', gpusPerAgent: 1 }, { runId: 'waits' });
    const handle = await engine().submit(group, { runId: 'waits', attempt: 1 });
    const seen: GroupStatus[] = [];
    const unwatch = engine().watch(handle, (status) => seen.push(status));
    await eventually('the reason', () =>
      seen.some((status) => status.kind === 'queued' && /Insufficient nvidia\.com\/gpu/.test(status.reason)),
    );
    await free();
    await eventually('the place', () => seen.some(({ kind }) => kind === 'running'));
    unwatch();
    expect(await engine().status(handle)).toMatchObject({
      members: [{ index: 0, node: expect.stringMatching(/^gpu[12]$/) }],
    });
    await engine().cancel(handle);
    expect(agentsOf('waits')).toEqual([]);
    await cluster.quiet();
  });

  test('an image that no node can pull is why it waits', async () => {
    const at = { image: `registry.test/nobody@sha256:${'1'.repeat(64)}` };
    const handle = await engine({ at }).submit(groupOn({}, { runId: 'pulls' }), { runId: 'pulls', attempt: 1 });
    await eventually('the reason', async () => {
      const status = await engine().status(handle);
      return status.kind === 'queued' && /ImagePullBackOff/.test(status.reason);
    });
    await engine().cancel(handle);
    await cluster.quiet();
  });

  test('an agent that is evicted says so', async () => {
    const handle = await engine().submit(groupOn({}, { runId: 'evicted' }), { runId: 'evicted', attempt: 1 });
    await eventually('the agent', () => agentsOf('evicted').length === 1);
    const [pod] = await cluster.pods();
    if (pod !== undefined) cluster.evict(pod);
    await eventually('the end', async () => (await engine().status(handle)).kind === 'ended');
    expect(await engine().status(handle)).toMatchObject({
      kind: 'ended',
      outcome: 'failed',
      members: [{ state: { exit: { signal: 'SIGKILL' } } }],
    });
    await engine().cancel(handle);
    await cluster.quiet();
  });

  test('the run’s token stands in no argument, variable, label or annotation', async () => {
    const token = 'a-secret-to-look-for';
    const handle = await engine().submit(groupOn({}, { runId: 'quiet', token }), { runId: 'quiet', attempt: 1 });
    await eventually('the agent', () => agentsOf('quiet').length === 1);
    expect(JSON.stringify([await cluster.jobs(), await cluster.pods()])).not.toContain(token);
    expect(await cluster.secrets()).toHaveLength(1);
    await engine().cancel(handle);
    await cluster.quiet();
  });
});

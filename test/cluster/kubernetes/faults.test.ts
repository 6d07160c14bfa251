import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Benchmarks } from '../../../src/verdict/result.ts';
import { eventually } from '../../support/eventually.ts';
import { benchmarksOf, type Running, resultsOf } from '../../support/loadcell.ts';
import { agentsOf } from '../agent-processes.ts';
import { accountingHolds, lastAttempts, runIdOf, trialVerdicts } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { campaignOnKubernetes, nothingIsLeft, startOn } from './campaigns.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { KubernetesCluster } from './kubernetes-cluster.ts';

describeCluster('kubernetes', whyNoKubernetes(), () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    // One more than agents, for a place that is lost with its node.
    cluster = await KubernetesCluster.start({ nodes: 3, gpusPerNode: 2, cpusPerNode: 8 });
  });
  afterAll(() => cluster?.stop());
  afterEach(() => cluster.quiet());

  const start = (yaml?: string, args: readonly string[] = []): Running => startOn(cluster.kubeconfig, yaml, args);
  /** A trial that is invalid stays so. */
  const ONCE = ['--set', 'retryInvalid=0'];
  const twoTrials = (): string => campaignOnKubernetes('trials: 2', 'onLoss: { wait: 90s }');

  /** The first trial is under way: resolves to the pods that offer its load. */
  const underWay = async (running: Running) => {
    await running.saw(/trial 1 of 2.*load/);
    return await cluster.pods();
  };

  /** A place was lost in the first trial, and given again before the second. */
  const lostOne = (result: Benchmarks): void => {
    expect(trialVerdicts(result)).toEqual(['invalid', 'pass']);
    accountingHolds(result);
    expect(result.cells.flatMap(lastAttempts)[1]?.accounting).toMatchObject({ scheduled: 600, ok: 600 });
  };

  test('a pod that is deleted makes its trial invalid, its place is filled again, and the next trial is whole', async () => {
    const running = start(twoTrials(), ONCE);
    const [pod] = await underWay(running);
    const { name = '', namespace = '' } = pod?.metadata ?? {};
    await cluster.core.deleteNamespacedPod({ name, namespace });
    await running.ended;
    lostOne(benchmarksOf(running.folder));
    await nothingIsLeft(cluster, running);
  });

  test('a pod that its node evicts makes its trial invalid, and the next trial is whole', async () => {
    const running = start(twoTrials(), ONCE);
    const [pod] = await underWay(running);
    if (pod !== undefined) cluster.evict(pod);
    await running.ended;
    lostOne(benchmarksOf(running.folder));
    await nothingIsLeft(cluster, running);
  });

  test('a dead node loses its place; the agent that lives on there is fenced and ends by itself', async () => {
    const yaml = campaignOnKubernetes('trials: 3', 'onLoss: { wait: 90s }').replace('for: 6s', 'for: 20s');
    const running = start(yaml, ONCE);
    await running.saw(/trial 1 of 3.*load/);
    const [pod] = await cluster.pods();
    const node = pod?.spec?.nodeName ?? '';
    cluster.killNode(node);
    await running.ended;
    const result = benchmarksOf(running.folder);
    // The agent reports on while the cluster makes up its mind: which trial it is lost in is the cluster's affair.
    expect(trialVerdicts(result).filter((kind) => kind === 'invalid')).toHaveLength(1);
    expect(trialVerdicts(result).at(-1)).toBe('pass');
    accountingHolds(result);
    await eventually('no agent, though no kubelet ends it', () => agentsOf(runIdOf(running.folder)).length === 0);
    await cluster.revive(node);
    await nothingIsLeft(cluster, running);
  });

  test('a node that is cordoned keeps its agent to the end of the run', async () => {
    const running = start(campaignOnKubernetes());
    await running.saw(/load/);
    const [pod] = await cluster.pods();
    const node = pod?.spec?.nodeName ?? '';
    await cluster.cordon(node);
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    await cluster.uncordon(node);
    await nothingIsLeft(cluster, running);
  });

  test('a coordinator that is stopped for 10 s counts every request, and its next trial is whole', async () => {
    const running = start(twoTrials().replace('for: 6s', 'for: 14s'), ONCE);
    await underWay(running);
    running.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    running.process.kill('SIGCONT');
    await running.ended;
    const result = benchmarksOf(running.folder);
    accountingHolds(result);
    expect(trialVerdicts(result).at(-1)).toBe('pass');
    await nothingIsLeft(cluster, running);
  });

  test('while the GPUs are taken it says why it waits, and at the deadline that no place came: exit 12', async () => {
    const free = await cluster.occupy();
    const running = start(campaignOnKubernetes('', 'queue: 6s'));
    await running.saw(/waiting for agents: 0 of 2 registered; .*Insufficient nvidia\.com\/gpu/);
    const ended = await running.ended;
    expect(ended.stderr).toMatch(/no place was given within 6 s: .*Insufficient nvidia\.com\/gpu/);
    expect(ended.code).toBe(12);
    await free();
    await nothingIsLeft(cluster, running);
  });

  test('a GPU that no node has is refused before anything is written: exit 64', async () => {
    const running = start(campaignOnKubernetes(), ['--set', 'instances.a100-40.gpu=H100-SXM5-80GB']);
    const ended = await running.ended;
    expect(ended.stderr).toMatch(/H100-SXM5-80GB/);
    expect(ended.code).toBe(64);
    expect(() => resultsOf(running.folder)).toThrow();
  });

  test('who may not create Jobs is told so before anything is written: exit 64', async () => {
    await cluster.makeNamespace('strangers');
    const running = startOn(await cluster.kubeconfigOf('default', 'strangers'));
    const ended = await running.ended;
    expect(ended.stderr).toMatch(/jobs/);
    expect(ended.code).toBe(64);
    expect(() => resultsOf(running.folder)).toThrow();
  });

  test('a quota that is used up is told in the cluster’s own words', async () => {
    const namespace = 'small';
    await cluster.makeNamespace(namespace);
    const hard = { 'requests.nvidia.com/gpu': '1' };
    await cluster.core.createNamespacedResourceQuota({
      namespace,
      body: { metadata: { name: 'gpus' }, spec: { hard } },
    });
    await eventually('the quota to count', async () => {
      const { status } = await cluster.core.readNamespacedResourceQuota({ name: 'gpus', namespace });
      return status?.hard !== undefined;
    });
    const running = start(campaignOnKubernetes('', 'queue: 10s'), ['--set', `fleet.kubernetes.namespace=${namespace}`]);
    const ended = await running.ended;
    expect(ended.stderr).toMatch(/exceeded quota|quota/);
    expect([12, 64]).toContain(ended.code);
    await cluster.quiet(namespace);
  });
});

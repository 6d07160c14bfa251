import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { benchmarksOf, freshFolder, loadcell, type Running, resultsOf } from '../../support/loadcell.ts';
import { agentsOf } from '../agent-processes.ts';
import { accountingHolds, scheduleDigests } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { campaignOnKubernetes, startOn } from './campaigns.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { IMAGE, KubernetesCluster } from './kubernetes-cluster.ts';
import { applyManifests } from './manifests.ts';

const NAMESPACE = 'loadcell';
/** Whose kubeconfig the command has: somebody with both Roles of deploy/kubernetes, and no other right. */
const USER = 'somebody';

/** The command reaches the API server and nothing else; the coordinator is a Job of the cluster. */
describeCluster('kubernetes', whyNoKubernetes(), () => {
  let cluster: KubernetesCluster;
  let kubeconfig: string;
  let port: number;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8, plain: 'one' });
    await applyManifests(cluster, 'namespace.yaml');
    await cluster.makeNamespace(NAMESPACE);
    await applyManifests(cluster, 'access.yaml');
    await cluster.makeAccount(USER, NAMESPACE, ['loadcell-coordinator', 'loadcell-inside']);
    kubeconfig = await cluster.kubeconfigOf(USER, NAMESPACE);
    // Pods have the network of this machine.
    [port = 0] = await freePorts(1);
  });
  afterAll(() => cluster?.stop());
  afterEach(() => cluster.quiet(NAMESPACE));

  const campaign = (more = ''): string => {
    const room = `{ image: "${IMAGE}", command: [node, /opt/loadcell/src/engines/kubernetes/room/main.ts], port: ${port} }`;
    return campaignOnKubernetes(more, 'coordinator: { place: inside }')
      .replace('command: [node,', `coordinator: ${room}, command: [node,`)
      .replace('for: 6s', 'for: 3s');
  };
  const start = (yaml = campaign(), args: readonly string[] = []): Running => startOn(kubeconfig, yaml, args);

  /** Id of the run that is under way. */
  const runUnderWay = async (): Promise<string> => {
    const jobs = await cluster.jobs(NAMESPACE);
    return jobs[0]?.metadata?.annotations?.['loadcell/run'] ?? '';
  };
  const podOfCoordinator = async (): Promise<V1Pod> => {
    const pods = await cluster.pods(NAMESPACE);
    const pod = pods.find(({ spec }) => spec?.containers[0]?.name === 'coordinator');
    if (pod === undefined) throw new Error('the coordinator has no pod');
    return pod;
  };
  const noAgent = (runId: string): Promise<void> => eventually('no agent', () => agentsOf(runId).length === 0);

  test('a campaign with a model of this machine gives the same schedule and verdict as here, and its folder judges equal', async () => {
    const yaml = campaign().replace('sleep: { constant: 2ms }', 'onnx: { model: tiny-mlp }');
    const inside = start(yaml);
    const ended = await inside.ended;
    expect(ended.code, ended.stderr).toBe(0);
    const here = start(yaml, ['--engine', 'local', '--set', 'fleet.instance={}', '--set', 'fleet.coordinator={}']);
    expect((await here.ended).code).toBe(0);
    const [there, local] = [benchmarksOf(inside.folder), benchmarksOf(here.folder)];
    accountingHolds(there);
    expect(scheduleDigests(there)).toEqual(scheduleDigests(local));
    expect(there.verdict.kind).toBe(local.verdict.kind);
    expect(there.nodes.map(({ id }) => id).sort()).toEqual(['gpu1', 'gpu2']);
    const folder = resultsOf(inside.folder);
    const before = readFileSync(join(folder, 'benchmarks.json'));
    const judged = await loadcell(['judge', folder], inside.folder).ended;
    expect(judged.code, judged.stderr).toBe(0);
    expect(readFileSync(join(folder, 'benchmarks.json')).equals(before)).toBe(true);
  });

  test('engines probe has an agent dial a coordinator that is inside too', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'campaign.yaml'), campaign());
    const probe = await loadcell(['engines', 'probe', 'campaign.yaml'], folder, { KUBECONFIG: kubeconfig }).ended;
    expect(probe.stdout, probe.stderr).toMatch(/^dial: an agent on gpu[12] reached the coordinator at \S+:\d+$/m);
    expect(probe.code).toBe(0);
    await eventually('no Job', async () => (await cluster.jobs(NAMESPACE)).length === 0);
  });

  test('a command that is killed leaves the run to its coordinator, and its results are fetched later', async () => {
    const running = start();
    await running.saw(/sleeper\/load/);
    const runId = await runUnderWay();
    running.process.kill('SIGKILL');
    await running.ended;
    const there = ['--engine', 'kubernetes', '--namespace', NAMESPACE];
    const loadcellThere = (...args: readonly string[]) =>
      loadcell([...args, ...there], running.folder, { KUBECONFIG: kubeconfig }).ended;
    expect((await loadcellThere('engines', 'list')).stdout).toMatch(
      new RegExp(`${runId} +inside +coordinator +.*running`),
    );
    const fetched = await loadcellThere('fetch', runId);
    expect(fetched.code, fetched.stderr).toBe(0);
    const result = benchmarksOf(running.folder);
    expect(result.run).toMatchObject({ id: runId, state: 'complete' });
    accountingHolds(result);
    await noAgent(runId);
  });

  test('an interrupt drains the run inside, and what was measured comes here', async () => {
    const running = start(campaign().replace('for: 3s', 'for: 10m'));
    await running.saw(/sleeper\/load/);
    const runId = await runUnderWay();
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    expect(benchmarksOf(running.folder).run.state).toBe('interrupted');
    await noAgent(runId);
  });

  test('a coordinator whose pod is deleted drains, and what was measured comes here', async () => {
    const running = start(campaign().replace('for: 3s', 'for: 10m'));
    await running.saw(/sleeper\/load/);
    const runId = await runUnderWay();
    const { name = '' } = (await podOfCoordinator()).metadata ?? {};
    await cluster.core.deleteNamespacedPod({ name, namespace: NAMESPACE });
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    expect(benchmarksOf(running.folder).run.state).toBe('interrupted');
    await noAgent(runId);
  });

  test('a coordinator that its node evicts is told, and nothing of it is left', async () => {
    const running = start(campaign().replace('for: 3s', 'for: 10m'));
    await running.saw(/sleeper\/load/);
    const runId = await runUnderWay();
    cluster.evict(await podOfCoordinator());
    const { code, stderr } = await running.ended;
    expect(stderr).toMatch(/is gone \(Evicted: The node was low on resource: memory\), and with it what it kept/);
    expect(code, stderr).toBe(70);
    await noAgent(runId);
  });

  test('without the account of the coordinator nothing starts: exit 64', async () => {
    const yaml = campaign().replace(`port: ${port}`, `port: ${port}, serviceAccount: nobody`);
    const { code, stderr } = await start(yaml).ended;
    expect(stderr).toMatch(/found no service account nobody.*deploy\/kubernetes\/access\.yaml/);
    expect(code).toBe(64);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { journalEvents } from '../../support/journal-events.ts';
import { benchmarksOf, freshFolder, loadcell, type Running, resultsOf } from '../../support/loadcell.ts';
import { accountingHolds, lastAttempts, runIdOf } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { campaignOnKubernetes, nothingIsLeft, startOn } from './campaigns.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { KubernetesCluster } from './kubernetes-cluster.ts';

describeCluster('kubernetes', whyNoKubernetes(), () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8 });
  });
  afterAll(() => cluster?.stop());
  afterEach(() => cluster.quiet());

  const start = (yaml?: string, args: readonly string[] = []): Running => startOn(cluster.kubeconfig, yaml, args);

  test('a campaign runs on two nodes, each agent on one of its own, and nothing of it is left', async () => {
    const running = start();
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    const result = benchmarksOf(running.folder);
    accountingHolds(result);
    expect(result.cells.flatMap(lastAttempts)[0]?.accounting).toMatchObject({ scheduled: 600, ok: 600 });
    expect(result.nodes.map(({ id }) => id).sort()).toEqual(['gpu1', 'gpu2']);
    expect(result.fleet).toMatchObject({ engine: 'kubernetes', instances: { 'a100-40': { pricePerHour: 3.06 } } });
    await nothingIsLeft(cluster, running);
  });

  test('where others could listen, agents join by certificates of the run', async () => {
    const running = start(campaignOnKubernetes(), ['--listen', '0.0.0.0:0', '--advertise', '127.0.0.1']);
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    accountingHolds(benchmarksOf(running.folder));
    await nothingIsLeft(cluster, running);
  });

  test('instances are a dimension: the places of one are given back before those of the next are asked for', async () => {
    const yaml = campaignOnKubernetes('vary: { instance: [a100-40, half] }\ntrials: 2').replace(
      'agents: 2',
      'agents: 1',
    );
    const running = start(yaml.replace('  instance: a100-40\n', ''));
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    const result = benchmarksOf(running.folder);
    expect(result.cells.map((cell) => [cell.instance, lastAttempts(cell).length])).toEqual([
      ['a100-40', 2],
      ['half', 2],
    ]);
    accountingHolds(result);
    await nothingIsLeft(cluster, running);
  });

  test('a node whose GPUs are not what its label says is refused, and its place asked for again', async () => {
    await cluster.cordon('gpu1');
    cluster.dress('gpu2', 'NVIDIA-A100-SXM4-80GB');
    const running = start(campaignOnKubernetes().replace('agents: 2', 'agents: 1').replace('for: 6s', 'for: 2s'));
    await eventually('the pod on gpu2', async () =>
      (await cluster.pods()).some(({ spec }) => spec?.nodeName === 'gpu2'),
    );
    await cluster.cordon('gpu2');
    await running.saw(/wrong-node.*gpu2: found NVIDIA A100-SXM4-80GB \(GPU-[-0-9]+\), expected A100-SXM4-40GB/);
    await cluster.uncordon('gpu1');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    expect(benchmarksOf(running.folder).nodes.map(({ id }) => id)).toEqual(['gpu1']);
    const given = journalEvents(running.folder).flatMap((event) =>
      event.kind === 'agent-registered' ? (event.gpus ?? []) : [],
    );
    expect(given.map(({ name }) => name)).toEqual(['NVIDIA A100-SXM4-40GB']);
    cluster.dress('gpu2', 'NVIDIA-A100-SXM4-40GB');
    await cluster.uncordon('gpu2');
    await nothingIsLeft(cluster, running);
  });

  test('a model is served by a pod with a GPU, and its load comes from another', async () => {
    const yaml = campaignOnKubernetes('', 'groups: { servers: { instance: a100-40 }, load: { instance: cpu } }')
      .replace('sleeper: { sleep: { constant: 2ms } }', 'served: { serve: { model: tiny-mlp, connections: 2 } }')
      .replace('  half:', '  cpu: { cpus: 1 }\n  half:')
      .replace('  agents: 2\n  instance: a100-40\n', '')
      .replace('for: 6s', 'for: 3s');
    const running = start(yaml);
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    const { nodes, cells } = benchmarksOf(running.folder);
    expect(nodes.flatMap(({ agents }) => agents).sort()).toEqual(['agent-0', 'server-0']);
    expect(cells.flatMap(lastAttempts)[0]?.accounting).toMatchObject({ scheduled: 300, ok: 300 });
    expect(cells.flatMap(lastAttempts)[0]?.server?.counted).toBeGreaterThan(300);
    await nothingIsLeft(cluster, running);
  });

  test('engines probe says what is there and whether the campaign fits', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'campaign.yaml'), campaignOnKubernetes());
    const probe = (...args: readonly string[]) =>
      loadcell(['engines', 'probe', 'campaign.yaml', ...args], folder, { KUBECONFIG: cluster.kubeconfig }).ended;
    const fits = await probe();
    expect(fits.stdout).toMatch(/^kubernetes: 2 agents on a100-40: can be placed\n {2}found: /);
    expect(fits.code, fits.stderr).toBe(0);
    const not = await probe('--set', 'instances.a100-40.gpu=H100-SXM5-80GB');
    expect(not.stdout).toMatch(/cannot be placed[\s\S]*problem: /);
    expect(not.code).toBe(64);
  });

  test('a run that is ended at once, by a second signal, leaves nothing behind', async () => {
    const running = start(campaignOnKubernetes().replace('for: 6s', 'for: 10m'));
    await running.saw(/load/);
    running.process.kill('SIGINT');
    await running.saw(/draining|SIGINT|interrupt/i);
    running.process.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    await nothingIsLeft(cluster, running);
  });

  test('what a killed coordinator leaves is found and ended', async () => {
    const running = start(campaignOnKubernetes().replace('for: 6s', 'for: 10m'));
    await running.saw(/load/);
    const runId = runIdOf(running.folder);
    running.process.kill('SIGKILL');
    await running.ended;
    const engines = (...args: readonly string[]) =>
      loadcell(['engines', ...args, '--engine', 'kubernetes'], running.folder, { KUBECONFIG: cluster.kubeconfig })
        .ended;
    const [orphan] = JSON.parse((await engines('list', '--json')).stdout) as { key: unknown; status: unknown }[];
    expect(orphan).toMatchObject({ key: { runId, attempt: 1 }, status: { kind: 'running' } });
    expect((await engines('cancel', runId)).stdout).toBe(`kubernetes: ended attempt 1 of ${runId}\n`);
    expect((await engines('list')).stdout).toBe('kubernetes: no places held\n');
    expect(readFileSync(join(resultsOf(running.folder), 'plan.json'), 'utf8')).toContain('"engine": "kubernetes"');
    await nothingIsLeft(cluster, running);
  });
});

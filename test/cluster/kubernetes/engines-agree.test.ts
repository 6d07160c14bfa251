import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Benchmarks } from '../../../src/verdict/result.ts';
import { fakeNvidiaSmiOf, gpusOf } from '../../support/fake-gpus.ts';
import { benchmarksOf, startCampaign } from '../../support/loadcell.ts';
import { accountingHolds, lastAttempts, scheduleDigests, trialVerdicts } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { SlurmCluster, whyNoSlurm } from '../slurm/slurm-cluster.ts';
import { campaignOnKubernetes } from './campaigns.ts';
import { whyNoKubernetes } from './control-plane.ts';
import { KubernetesCluster } from './kubernetes-cluster.ts';

/** Milliseconds by which medians of a target that takes 2 ms may differ on a machine that does other things too. */
const NOISE_MS = 2;

describeCluster('slurm', whyNoSlurm(), () =>
  describeCluster('kubernetes', whyNoKubernetes(), () => {
    let slurm: SlurmCluster;
    let kubernetes: KubernetesCluster;
    let shared: string;
    // What agents on Slurm find of the GPUs that they are given: this machine has none.
    const gpus = fakeNvidiaSmiOf(gpusOf(2));

    beforeAll(async () => {
      const shape = { nodes: 2, gpusPerNode: 2, cpusPerNode: 8 };
      slurm = await SlurmCluster.start(shape);
      kubernetes = await KubernetesCluster.start(shape);
      shared = mkdtempSync(join(tmpdir(), 'loadcell-shared-'));
    });
    afterAll(async () => {
      await kubernetes?.stop();
      await slurm?.stop();
      rmSync(shared, { recursive: true, force: true });
      gpus.remove();
    });

    const runOn = async (args: readonly string[], env: Record<string, string>): Promise<Benchmarks> => {
      const fleet = `slurm: { shared: ${shared} }`;
      const running = startCampaign(campaignOnKubernetes('trials: 2', fleet), args, env);
      const { code, stderr } = await running.ended;
      expect(code, stderr).toBe(0);
      return benchmarksOf(running.folder);
    };

    const medians = ({ cells }: Benchmarks): readonly number[] =>
      cells.flatMap(lastAttempts).map(({ latency }) => Number(latency?.response.p50.value));
    const accountingsOf = ({ cells }: Benchmarks) => cells.flatMap(lastAttempts).map(({ accounting }) => accounting);

    test('one campaign has the same schedule and verdict on all three engines, and the latency of its target', async () => {
      const env = { SLURM_CONF: join(slurm.folder, 'slurm.conf'), KUBECONFIG: kubernetes.kubeconfig, ...gpus.env };
      const onLocal = await runOn(['--engine', 'local', '--set', 'fleet.instance={}'], {});
      const onSlurm = await runOn(['--engine', 'slurm', '--set', 'instances.a100-40.partition=a100'], env);
      const onKubernetes = await runOn([], env);
      const [first, ...others] = [onLocal, onSlurm, onKubernetes];
      for (const result of [onLocal, onSlurm, onKubernetes]) accountingHolds(result);
      for (const other of others) {
        expect(scheduleDigests(other)).toEqual(scheduleDigests(first));
        expect(trialVerdicts(other)).toEqual(trialVerdicts(first));
        expect(other.verdict.kind).toBe(first.verdict.kind);
        expect(accountingsOf(other)).toEqual(accountingsOf(first));
      }
      const all = [onLocal, onSlurm, onKubernetes].flatMap(medians);
      expect(Math.max(...all) - Math.min(...all)).toBeLessThan(NOISE_MS);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(2);
    });
  }),
);

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { fakeNvidiaSmiOf, gpusOf } from '../../support/fake-gpus.ts';
import { type Ended, type Running, startCampaign } from '../../support/loadcell.ts';
import { agentsOf } from '../agent-processes.ts';
import { SlurmCluster } from './slurm-cluster.ts';

/** What the tests of a file run campaigns on. */
export interface SlurmFleet {
  /** Two nodes of two A100s. */
  readonly cluster: SlurmCluster;
  /** A folder that the nodes see too. */
  readonly shared: string;
  /** Of commands on this machine, and of what they place: agents find the GPUs that they are given, though it has none. */
  env(): Record<string, string>;
  start(yaml: string, args?: readonly string[]): Running;
  /** After a run: no process, no job, and no folder of its attempts. */
  nothingIsLeft(runId: string): Promise<void>;
}

/** Brings a cluster up before the tests of a file, sees after each that it is quiet, and takes it down after them. */
export function slurmFleet(): SlurmFleet {
  let cluster: SlurmCluster | null = null;
  let shared = '';
  const gpus = fakeNvidiaSmiOf(gpusOf(2));
  const there = (): SlurmCluster => {
    if (cluster === null) throw new Error('the cluster has not been brought up');
    return cluster;
  };
  beforeAll(async () => {
    cluster = await SlurmCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8 });
    shared = mkdtempSync(join(tmpdir(), 'loadcell-shared-'));
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(shared, { recursive: true, force: true });
    gpus.remove();
  });
  afterEach(() => there().quiet());
  const env = (): Record<string, string> => ({ SLURM_CONF: join(there().folder, 'slurm.conf'), ...gpus.env });
  return {
    get cluster() {
      return there();
    },
    get shared() {
      return shared;
    },
    env,
    start: (yaml, args = []) => startCampaign(yaml, args, env()),
    nothingIsLeft: async (runId) => {
      await eventually('no agent', () => agentsOf(runId).length === 0);
      await eventually('no job', async () => (await there().jobs()).length === 0);
      expect(readdirSync(join(shared, 'runs'))).toEqual([]);
    },
  };
}

export const succeeded = (ended: Ended): void => expect(ended.code, ended.stderr).toBe(0);

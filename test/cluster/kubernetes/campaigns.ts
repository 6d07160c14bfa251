import { expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Running, startCampaign } from '../../support/loadcell.ts';
import { agentsOf } from '../agent-processes.ts';
import { runIdOf } from '../campaign-results.ts';
import { IMAGE, type KubernetesCluster } from './kubernetes-cluster.ts';

/** What starts an agent in the image of the tests, which is the checkout. */
export const AGENT_COMMAND = ['node', '/opt/loadcell/src/agent/main.ts'];

/** A campaign for two nodes of two A100s each; `more` and `fleet` are put at the ends of both. */
export const campaignOnKubernetes = (more = '', fleet = ''): string => `
name: on-kubernetes
targets: { sleeper: { sleep: { constant: 2ms } } }
scenarios: { load: { load: { rate: 100/s, for: 6s } } }
objectives: [errors < 5%]
instances:
  a100-40: { gpu: A100-SXM4-40GB, price: 3.06/h }
  half: { gpu: A100-SXM4-40GB, gpusPerAgent: 2, cpus: 2, memory: 512MiB, price: 5/h }
fleet:
  engine: kubernetes
  agents: 2
  instance: a100-40
  pacing: lowCpu
  kubernetes: { image: "${IMAGE}", command: [${AGENT_COMMAND.join(', ')}] }
${fleet === '' ? '' : `  ${fleet}\n`}telemetry: { gpu: off }
warmup: 1s
drain: 2s
seed: 7
retryInvalid: 2
${more}`;

export const startOn = (kubeconfig: string, yaml = campaignOnKubernetes(), args: readonly string[] = []): Running =>
  startCampaign(yaml, args, { KUBECONFIG: kubeconfig });

/** After a run nothing of it is left: no process, no place held or looked for, no secret. */
export async function nothingIsLeft(
  cluster: KubernetesCluster,
  { folder }: Running,
  namespace?: string,
): Promise<void> {
  const runId = runIdOf(folder);
  await eventually('no agent', () => agentsOf(runId).length === 0);
  await cluster.quiet(namespace);
  expect(await cluster.secrets(namespace)).toEqual([]);
}

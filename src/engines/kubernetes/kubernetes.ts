import type { V1Pod } from '@kubernetes/client-node';
import type { KubernetesSite } from '../../campaign/fleet-spec.ts';
import type { Ns } from '../../time/ns.ts';
import {
  type AgentGroup,
  type AttemptKey,
  type Engine,
  type GroupStatus,
  type Handle,
  infeasible,
  type Owner,
  type Probe,
} from '../engine.ts';
import { pollStatus } from '../poll-status.ts';
import { troubleOf } from './answer.ts';
import { handleOf, handleOfJob, jobName, podsOf, selectorOf } from './attempt-name.ts';
import { attemptStatus, courseOf, numberOf } from './attempt-status.ts';
import type { Cluster, Reach } from './cluster.ts';
import { clearByHand, type JobDesk, jobDeskOf } from './job-desk.ts';
import { CONTAINER, type JobOrder, jobManifest, type OwningJob, secretManifest } from './job-manifest.ts';
import { probeKubernetes } from './probe.ts';

export interface KubernetesEngineOptions {
  readonly reach: Reach;
  /** Null: nothing is placed, only found and ended. */
  readonly site: KubernetesSite | null;
  /** How long a run waits for its places. */
  readonly queueNs: Ns;
  /** Milliseconds between two questions about an attempt. */
  readonly pollMs: number;
  /** Milliseconds after its grace at which a pod that is still there counts as one whose node does not answer. */
  readonly slackMs: number;
  /** The Job of the coordinator, where this is its pod; null: elsewhere. */
  readonly owner: OwningJob | null;
}

/** Between two questions about an attempt. */
export const POLL_MS = 1000;
export const SLACK_MS = 10_000;
const LOG_LINES = 1000;

/** Places agents by Kubernetes: an Indexed Job and its Secret for each attempt, a pod for each agent. */
export class KubernetesEngine implements Engine {
  readonly name = 'kubernetes';
  readonly #options: KubernetesEngineOptions;
  readonly #cancelled = new Set<string>();
  readonly #desk: () => JobDesk;
  #user: string | null = null;

  constructor(options: KubernetesEngineOptions) {
    this.#options = options;
    this.#desk = jobDeskOf(options.reach, options);
  }

  async probe(group: AgentGroup): Promise<Probe> {
    const { reach } = this.#options;
    if (reach.kind === 'cluster') {
      return await probeKubernetes(
        { ...this.#order(group, { runId: group.runId, attempt: 1 }), user: 'probe' },
        reach.cluster,
      );
    }
    const { message, hint } = reach;
    return infeasible([], [{ code: 'misconfigured', message, hint }]);
  }

  async submit(group: AgentGroup, key: AttemptKey): Promise<Handle> {
    const order = { ...this.#order(group, key), user: await this.#whoAmI() };
    const uid = await this.#desk().make(jobManifest(order), ({ metadata }) => isOf(key, metadata?.annotations));
    try {
      await this.#desk().makeSecret(secretManifest(order, uid));
    } catch (error) {
      await this.#cluster.deleteJob(jobName(key));
      throw error;
    }
    return handleOf(key, group.indices);
  }

  async status(handle: Handle): Promise<GroupStatus> {
    if (handle.members.length === 0) return { kind: 'ended', outcome: 'completed', reason: '', members: [] };
    const name = jobName(handle.key);
    try {
      const [job, pods] = await this.#desk().look(name);
      const whyNoPods = pods.length < handle.members.length ? await this.#desk().whyNoPods(job) : null;
      const isOverdue = (pod: V1Pod): boolean => this.#desk().isOverdue(pod);
      const status = attemptStatus(handle.members, { name, container: CONTAINER, job, pods, isOverdue, whyNoPods });
      return status.kind === 'ended' && this.#cancelled.has(name) ? { ...status, outcome: 'cancelled' } : status;
    } catch (error) {
      return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  watch(handle: Handle, onStatus: (status: GroupStatus) => void): () => void {
    return pollStatus(() => this.status(handle), this.#options.pollMs, onStatus);
  }

  /** The pods have the grace of their manifest: a Job takes its pods along, and has no say in how. */
  async cancel(handle: Handle): Promise<void> {
    const name = jobName(handle.key);
    if (handle.members.length === 0) return;
    this.#cancelled.add(name);
    const last = await this.#desk().clear(name, 'a secret');
    if (last === null) return;
    const byHand = clearByHand(name, this.#cluster);
    throw new Error(`Job ${name} could not be cancelled: ${last.message}; end it with: ${byHand}`);
  }

  async *logs(handle: Handle, index: number): AsyncGenerator<Uint8Array> {
    const nth = handle.members.findIndex((member) => member.index === index);
    const pods = await this.#cluster.listPods(podsOf(jobName(handle.key)));
    const pod = pods.kind === 'answered' ? pods.value.find((one) => numberOf(one) === nth) : undefined;
    if (pod?.metadata?.name === undefined) return;
    const log = await this.#cluster.readLog(pod.metadata.name, CONTAINER, LOG_LINES);
    if (log.kind === 'answered' && log.value !== '') yield Buffer.from(log.value);
  }

  async list({ runId }: Owner): Promise<readonly Handle[]> {
    const selector = selectorOf(runId === null ? { user: await this.#whoAmI() } : { runId });
    const jobs = await this.#cluster.listJobs(selector);
    if (jobs.kind !== 'answered') throw troubleOf(jobs, 'list jobs');
    return jobs.value
      .filter((job) => courseOf(job) === null)
      .map(({ metadata }) => handleOfJob(metadata?.annotations))
      .filter((handle) => handle !== null);
  }

  get #cluster(): Cluster {
    return this.#desk().cluster;
  }

  #order(group: AgentGroup, key: AttemptKey): Omit<JobOrder, 'user'> {
    const { site, queueNs, owner } = this.#options;
    if (site === null) throw new Error('the engine kubernetes places nothing without an image');
    return { group, key, site, queueNs, owner };
  }

  async #whoAmI(): Promise<string> {
    if (this.#user !== null) return this.#user;
    const answer = await this.#cluster.whoAmI();
    if (answer.kind !== 'answered') throw troubleOf(answer, 'who am I');
    this.#user = answer.value;
    return answer.value;
  }
}

const isOf = ({ runId, attempt }: AttemptKey, annotations: Parameters<typeof handleOfJob>[0]): boolean => {
  const key = handleOfJob(annotations)?.key;
  return key?.runId === runId && key.attempt === attempt;
};

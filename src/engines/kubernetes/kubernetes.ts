import { setTimeout as delay } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
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
import { type Answer, isAbsent, present, saysNothing, whyNot } from './answer.ts';
import { handleOf, handleOfJob, jobName, podsOf, selectorOf } from './attempt-name.ts';
import { attemptStatus, courseOf, numberOf } from './attempt-status.ts';
import type { Cluster, Reach } from './cluster.ts';
import { CONTAINER, type JobOrder, jobManifest, secretManifest } from './job-manifest.ts';
import { Overdue } from './overdue.ts';
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
}

/** Between two questions about an attempt. */
export const POLL_MS = 1000;
export const SLACK_MS = 10_000;
/** How long a submission of which nothing was heard is tried again. */
const SUBMIT_MS = 30_000;
/** How long what is cancelled may take to be gone. */
const GONE_MS = 120_000;
const LOG_LINES = 1000;

/** Places agents by Kubernetes: an Indexed Job and its Secret for each attempt, a pod for each agent. */
export class KubernetesEngine implements Engine {
  readonly name = 'kubernetes';
  readonly #options: KubernetesEngineOptions;
  readonly #cancelled = new Set<string>();
  readonly #overdue: Overdue;
  #user: string | null = null;

  constructor(options: KubernetesEngineOptions) {
    this.#options = options;
    this.#overdue = new Overdue(options.slackMs, () => performance.now());
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
    const uid = await this.#submitJob(order);
    try {
      await this.#submitSecret(order, uid);
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
      const [job, pods] = await this.#look(name);
      const whyNoPods = pods.length < handle.members.length ? await this.#whyNoPods(job) : null;
      const isOverdue = (pod: V1Pod): boolean => this.#overdue.is(pod);
      const status = attemptStatus(handle, { job, pods, isOverdue, whyNoPods });
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
    const last = await this.#clear(name);
    if (last === null) return;
    const command = `kubectl delete job ${name} --namespace ${this.#cluster.namespace} --cascade=foreground`;
    throw new Error(`Job ${name} could not be cancelled: ${last}; end it with: ${command}`);
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
    if (jobs.kind !== 'answered') throw new Error(whyNot(jobs, 'list jobs'));
    return jobs.value
      .filter((job) => courseOf(job) === null)
      .map(({ metadata }) => handleOfJob(metadata?.annotations))
      .filter((handle) => handle !== null);
  }

  /** Throws with a sentence where it is not known which cluster. */
  get #cluster(): Cluster {
    const { reach } = this.#options;
    if (reach.kind === 'cluster') return reach.cluster;
    throw new Error(`${reach.message}; ${reach.hint}`);
  }

  #order(group: AgentGroup, key: AttemptKey): Omit<JobOrder, 'user'> {
    const { site, queueNs } = this.#options;
    if (site === null) throw new Error('the engine kubernetes places nothing without an image');
    return { group, key, site, queueNs };
  }

  async #whoAmI(): Promise<string> {
    if (this.#user !== null) return this.#user;
    const answer = await this.#cluster.whoAmI();
    if (answer.kind !== 'answered') throw new Error(whyNot(answer, 'who am I'));
    this.#user = answer.value;
    return answer.value;
  }

  /** Resolves to the uid of the Job, made now or by an earlier try: its name is the attempt's. */
  async #submitJob(order: JobOrder): Promise<string> {
    const name = jobName(order.key);
    const made = await this.#untilSaid(() => this.#cluster.createJob(jobManifest(order), 'real'));
    if (made.kind === 'answered') return uidOf(made.value);
    if (made.kind !== 'refused' || made.status !== 409) throw new Error(whyNot(made, `create job ${name}`));
    const earlier = present(await this.#untilSaid(() => this.#cluster.readJob(name)), `get job ${name}`);
    const key = handleOfJob(earlier?.metadata?.annotations)?.key;
    if (earlier === null || key?.runId !== order.key.runId || key.attempt !== order.key.attempt) {
      throw new Error(`create job ${name}: ${made.message}, and it is not this attempt's; delete it`);
    }
    return uidOf(earlier);
  }

  async #submitSecret(order: JobOrder, uid: string): Promise<void> {
    const made = await this.#untilSaid(() => this.#cluster.createSecret(secretManifest(order, uid)));
    if (made.kind === 'answered' || (made.kind === 'refused' && made.status === 409)) return;
    throw new Error(whyNot(made, `create secret ${jobName(order.key)}`));
  }

  /** Asks again while the server says nothing: names make what is asked for the same thing. */
  async #untilSaid<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const until = performance.now() + SUBMIT_MS;
    for (;;) {
      const answer = await ask();
      if (!saysNothing(answer) || performance.now() >= until) return answer;
      await delay(this.#options.pollMs);
    }
  }

  /** The Job, null where there is none, and its pods. Throws where the server does not tell. */
  async #look(name: string): Promise<readonly [V1Job | null, readonly V1Pod[]]> {
    const [job, pods] = await Promise.all([this.#cluster.readJob(name), this.#cluster.listPods(podsOf(name))]);
    return [present(job, `get job ${name}`), present(pods, `list pods of ${name}`) ?? []];
  }

  /** Why a Job has not made its pods: its controller says so by events alone. */
  async #whyNoPods(job: V1Job | null): Promise<string | null> {
    if (job === null || courseOf(job) !== null) return null;
    const events = await this.#cluster.listEvents(uidOf(job));
    if (events.kind !== 'answered') return null;
    return events.value.findLast(({ type }) => type === 'Warning')?.message ?? null;
  }

  /** Null once Job, Secret and pods are gone; else why they are not. */
  async #clear(name: string): Promise<string | null> {
    let why = 'it does not end';
    for (const until = performance.now() + GONE_MS; performance.now() < until; ) {
      const told = await Promise.all([this.#cluster.deleteJob(name), this.#cluster.deleteSecret(name)]);
      const refused = told.find((answer) => answer.kind !== 'answered' && !isAbsent(answer));
      if (refused !== undefined && refused.kind !== 'answered') {
        why = whyNot(refused, `delete job ${name}`);
        if (!saysNothing(refused)) return why;
      }
      if (await this.#goneWithin(name, AGAIN_MS)) return null;
    }
    return why;
  }

  async #goneWithin(name: string, mostMs: number): Promise<boolean> {
    for (const until = performance.now() + mostMs; ; ) {
      const seen = await this.#look(name).catch(() => null);
      if (seen !== null && seen[0] === null && seen[1].length === 0) return true;
      await Promise.all((seen?.[1] ?? []).filter((pod) => this.#overdue.is(pod)).map((pod) => this.#forget(pod)));
      if (performance.now() >= until) return false;
      await delay(Math.min(this.#options.pollMs, GONE_POLL_MS));
    }
  }

  /** A pod of a node that does not answer would be there for ever. Its agent, should it live, is fenced. */
  async #forget({ metadata }: V1Pod): Promise<void> {
    if (metadata?.name !== undefined && metadata.uid !== undefined) {
      await this.#cluster.forgetPod(metadata.name, metadata.uid);
    }
  }
}

/** How often what does not go is told again, and how often it is looked for. */
const AGAIN_MS = 5000;
const GONE_POLL_MS = 250;

const uidOf = ({ metadata }: V1Job): string => metadata?.uid ?? '';

import { setTimeout as delay } from 'node:timers/promises';
import type { V1Job, V1Pod, V1Secret } from '@kubernetes/client-node';
import { PlaceTrouble } from '../inside-place.ts';
import { type Answer, isAbsent, present, saysNothing, troubleOf } from './answer.ts';
import { podsOf } from './attempt-name.ts';
import { courseOf } from './attempt-status.ts';
import type { Cluster, Reach } from './cluster.ts';
import { Overdue } from './overdue.ts';

/** How long a submission of which nothing was heard is tried again. */
const SUBMIT_MS = 30_000;
/** How long what is cleared may take to be gone. */
const GONE_MS = 120_000;
/** How often what does not go is told again, and how often it is looked for. */
const AGAIN_MS = 5000;
const GONE_POLL_MS = 250;

/** Jobs that loadcell has on a cluster: each made once, looked at, and cleared until nothing of it is left. */
export class JobDesk {
  readonly cluster: Cluster;
  readonly #pollMs: number;
  readonly #overdue: Overdue;

  /** Milliseconds: between two questions; after its grace at which a pod that is there counts as one without a node. */
  constructor(cluster: Cluster, { pollMs, slackMs }: { readonly pollMs: number; readonly slackMs: number }) {
    this.cluster = cluster;
    this.#pollMs = pollMs;
    this.#overdue = new Overdue(slackMs, () => performance.now());
  }

  /**
   * Resolves to the uid of the Job, made now or by an earlier try: its name says what it is for. `isSame`: whether one that
   * is there by this name is. Throws a {@link PlaceTrouble}.
   */
  async make(job: V1Job, isSame: (earlier: V1Job) => boolean): Promise<string> {
    const name = job.metadata?.name ?? '';
    const made = await this.#untilSaid(() => this.cluster.createJob(job, 'real'));
    if (made.kind === 'answered') return uidOf(made.value);
    if (made.kind !== 'refused' || made.status !== 409) throw troubleOf(made, `create job ${name}`);
    const earlier = present(await this.#untilSaid(() => this.cluster.readJob(name)), `get job ${name}`);
    if (earlier !== null && isSame(earlier)) return uidOf(earlier);
    throw new PlaceTrouble('refused', `create job ${name}: ${made.message}, and it is not this attempt's; delete it`);
  }

  async makeSecret(secret: V1Secret): Promise<void> {
    const made = await this.#untilSaid(() => this.cluster.createSecret(secret));
    if (made.kind === 'answered' || (made.kind === 'refused' && made.status === 409)) return;
    throw troubleOf(made, `create secret ${secret.metadata?.name}`);
  }

  /** The Job, null where there is none, and its pods. Throws where the server does not tell. */
  async look(name: string): Promise<readonly [V1Job | null, readonly V1Pod[]]> {
    const [job, pods] = await Promise.all([this.cluster.readJob(name), this.cluster.listPods(podsOf(name))]);
    return [present(job, `get job ${name}`), present(pods, `list pods of ${name}`) ?? []];
  }

  /** Whether a pod that is to end should have long since: its node does not answer. */
  isOverdue(pod: V1Pod): boolean {
    return this.#overdue.is(pod);
  }

  /** Why a Job has not made its pods: its controller says so by events alone. Null: not known, or it has. */
  async whyNoPods(job: V1Job | null): Promise<string | null> {
    if (job === null || courseOf(job) !== null) return null;
    const events = await this.cluster.listEvents(uidOf(job));
    if (events.kind !== 'answered') return null;
    return events.value.findLast(({ type }) => type === 'Warning')?.message ?? null;
  }

  /** Null once the Job and its pods are gone, and its Secret where it has one; else why they are not. */
  async clear(name: string, has: 'a secret' | 'no secret'): Promise<PlaceTrouble | null> {
    let why = new PlaceTrouble('lost', 'it does not end');
    for (const until = performance.now() + GONE_MS; performance.now() < until; ) {
      const secret = has === 'a secret' ? [this.cluster.deleteSecret(name)] : [];
      const told = await Promise.all([this.cluster.deleteJob(name), ...secret]);
      const refused = told.find((answer) => answer.kind !== 'answered' && !isAbsent(answer));
      if (refused !== undefined && refused.kind !== 'answered') {
        why = troubleOf(refused, `delete job ${name}`);
        if (why.kind === 'refused') return why;
      }
      if (await this.#goneWithin(name, AGAIN_MS)) return null;
    }
    return why;
  }

  /** Asks again while the server says nothing: names make what is asked for the same thing. */
  async #untilSaid<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const until = performance.now() + SUBMIT_MS;
    for (;;) {
      const answer = await ask();
      if (!saysNothing(answer) || performance.now() >= until) return answer;
      await delay(this.#pollMs);
    }
  }

  async #goneWithin(name: string, mostMs: number): Promise<boolean> {
    for (const until = performance.now() + mostMs; ; ) {
      const seen = await this.look(name).catch(() => null);
      if (seen !== null && seen[0] === null && seen[1].length === 0) return true;
      await Promise.all((seen?.[1] ?? []).filter((pod) => this.isOverdue(pod)).map((pod) => this.#forget(pod)));
      if (performance.now() >= until) return false;
      await delay(Math.min(this.#pollMs, GONE_POLL_MS));
    }
  }

  /** A pod of a node that does not answer would be there for ever. Its agent, should it live, is fenced. */
  async #forget({ metadata }: V1Pod): Promise<void> {
    if (metadata?.name !== undefined && metadata.uid !== undefined) {
      await this.cluster.forgetPod(metadata.name, metadata.uid);
    }
  }
}

/** That of the cluster that is reached; throws with a sentence where none is. */
export function jobDeskOf(reach: Reach, times: ConstructorParameters<typeof JobDesk>[1]): () => JobDesk {
  if (reach.kind === 'none') {
    return () => {
      throw new PlaceTrouble('refused', `${reach.message}; ${reach.hint}`);
    };
  }
  const desk = new JobDesk(reach.cluster, times);
  return () => desk;
}

const uidOf = ({ metadata }: V1Job): string => metadata?.uid ?? '';

/** How a Job that could not be cleared is ended by hand. */
export const clearByHand = (name: string, { namespace }: Cluster): string =>
  `kubectl delete job ${name} --namespace ${namespace} --cascade=foreground`;

import type { V1ContainerState, V1Job, V1JobCondition, V1Pod } from '@kubernetes/client-node';
import { TextTail } from '../../agent/text-tail.ts';
import { parsePlaceList } from '../../wire/place-list.ts';
import type { GroupStatus, Member, MemberExit } from '../engine.ts';
import { exitStatus } from '../exit-status.ts';

/** What the API server has of a Job, each of whose pods has one container of this name. */
export interface Sighting {
  readonly name: string;
  readonly container: string;
  /** Null: there is none of its name. */
  readonly job: V1Job | null;
  readonly pods: readonly V1Pod[];
  /** Whether a pod that is to end should have long since: its node does not answer. */
  readonly isOverdue: (pod: V1Pod) => boolean;
  /** Why the Job has made no pods, where that is known. */
  readonly whyNoPods: string | null;
}

/** Of a fleet, in the order of the Job's pods. */
type Place = Pick<Member, 'index'>;

type Outcome = Extract<GroupStatus, { readonly kind: 'ended' }>['outcome'];

const NUMBER = 'batch.kubernetes.io/job-completion-index';
/** Of a container that is on its way. */
const ON_ITS_WAY = ['ContainerCreating', 'PodInitializing'];
/** Of a container that has ended, where nothing more is to be said. */
const PLAIN_ENDS = ['Completed', 'Error'];
const WORDS_BYTES = 4096;

/**
 * Where an attempt is. It is queued as long as one of its pods has no node, or its container cannot be made: the places are
 * given together, and what some of them wait for is told.
 */
export function attemptStatus(places: readonly Place[], sighting: Sighting): GroupStatus {
  const seats = places.map(({ index }, nth) => seatOf(index, nth, sighting));
  const members = seats.map(({ member }) => member);
  const course = courseOf(sighting.job);
  const exits = members.flatMap(({ state }) => (state.kind === 'ended' ? [state.exit] : []));
  if (exits.length === members.length) {
    const outcome = course?.outcome ?? (exits.every(({ exitCode }) => exitCode === 0) ? 'completed' : 'failed');
    return { kind: 'ended', outcome, reason: course?.reason ?? '', members };
  }
  const why = whyWaiting(sighting, seats);
  if (why !== null && exits.length === 0) return { kind: 'queued', reason: `Job ${sighting.name} waits: ${why}` };
  const isRunning = seats.every(({ member, pod }) => member.state.kind === 'ended' || stateOf(pod, sighting)?.running);
  return { kind: isRunning ? 'running' : 'starting', members };
}

/** Whether a Job is over, and how; null: it is not, as far as its controller has seen. */
export function courseOf(job: V1Job | null): { readonly outcome: Outcome; readonly reason: string } | null {
  if (holds(job, 'Complete') !== null) return { outcome: 'completed', reason: '' };
  const failed = holds(job, 'Failed');
  if (failed === null) return null;
  return { outcome: 'failed', reason: [failed.reason, sentence(failed.message)].filter((word) => word).join(': ') };
}

/** A place of the attempt and the pod that fills it. */
interface Seat {
  readonly member: Member;
  readonly pod: V1Pod | undefined;
}

function seatOf(index: number, nth: number, sighting: Sighting): Seat {
  const own = sighting.pods.filter((one) => numberOf(one) === nth);
  const pod = own.toSorted((a, b) => bornAt(a) - bornAt(b)).at(-1);
  const exit = pod === undefined ? goneOf(index, nth, sighting.job) : exitOf(index, pod, sighting);
  const isRunning = pod?.spec?.nodeName !== undefined;
  const state: Member['state'] = exit !== null ? { kind: 'ended', exit } : { kind: isRunning ? 'running' : 'queued' };
  return { member: { index, node: pod?.spec?.nodeName ?? null, gpus: [], state }, pod };
}

/** Which of its Job's pods it is, from 0. */
export const numberOf = ({ metadata }: V1Pod): number => Number(metadata?.labels?.[NUMBER] ?? Number.NaN);

const bornAt = ({ metadata }: V1Pod): number => metadata?.creationTimestamp?.getTime() ?? 0;

/** The end of a member whose pod is not there; null: it was not made yet. */
function goneOf(index: number, nth: number, job: V1Job | null): MemberExit | null {
  if (job === null) return { index, exitCode: null, signal: null, lastLine: 'its Job is gone' };
  const isIn = (indexes: string | undefined): boolean => parsePlaceList(indexes ?? '')?.includes(nth) ?? false;
  if (isIn(job.status?.completedIndexes)) return { index, exitCode: 0, signal: null, lastLine: '' };
  const course = courseOf(job);
  if (course === null && !isIn(job.status?.failedIndexes)) return null;
  return { index, exitCode: null, signal: null, lastLine: course?.reason || 'its pod is gone' };
}

function exitOf(index: number, pod: V1Pod, sighting: Sighting): MemberExit | null {
  const ended = stateOf(pod, sighting)?.terminated;
  if (ended !== undefined) return { index, ...exitStatus(ended.exitCode), lastLine: lastWords(pod, ended) };
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') {
    return { index, exitCode: null, signal: null, lastLine: podWords(pod) };
  }
  if (!sighting.isOverdue(pod)) return null;
  const why = podWords(pod);
  const gone = `its node ${pod.spec?.nodeName ?? ''} does not answer`;
  return { index, exitCode: null, signal: null, lastLine: why === '' ? gone : `${gone}: ${why}` };
}

function lastWords(pod: V1Pod, ended: NonNullable<V1ContainerState['terminated']>): string {
  if (ended.exitCode === 0) return '';
  // Why the cluster ended it says more than what it said when it was.
  if (pod.status?.reason !== undefined) return podWords(pod);
  const tail = new TextTail(WORDS_BYTES);
  tail.push(Buffer.from(ended.message ?? ''));
  const reason = PLAIN_ENDS.includes(ended.reason ?? 'Error') ? '' : ended.reason;
  const said = [reason, tail.lastLine()].filter((word) => word).join(': ');
  return said === '' ? podWords(pod) : said;
}

/** Why a pod ended, or is to end, in the cluster's words: `Evicted: The node was low on resource: memory`. */
function podWords(pod: V1Pod): string {
  const { reason, message, conditions = [] } = pod.status ?? {};
  const own = [reason, sentence(message)].filter((word) => word).join(': ');
  const disrupted = conditions.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  return own === '' ? [disrupted?.reason, sentence(disrupted?.message)].filter((word) => word).join(': ') : own;
}

/** Null: every pod has its node, and its container is made or being made. */
function whyWaiting(sighting: Sighting, seats: readonly Seat[]): string | null {
  const { job, whyNoPods } = sighting;
  const suspended = holds(job, 'Suspended');
  if (suspended !== null)
    return ['the Job is suspended', sentence(suspended.message)].filter((word) => word).join(': ');
  const open = seats.filter(({ member }) => member.state.kind !== 'ended');
  const unmade = open.filter(({ pod }) => pod === undefined);
  if (unmade.length > 0) {
    const why = whyNoPods ?? 'they are being made';
    return unmade.length === seats.length ? `no pods yet: ${why}` : `${unmade.length} pods are not there yet: ${why}`;
  }
  const complaints = open.flatMap(({ pod }) => complaintOf(pod, sighting) ?? []);
  const [first] = complaints;
  if (first === undefined) return null;
  return seats.length === 1 ? first : `${complaints.length} of ${seats.length} pods: ${first}`;
}

/** What keeps a pod from running; null: nothing, or nothing that is known. */
function complaintOf(pod: V1Pod | undefined, sighting: Sighting): string | null {
  if (pod?.spec?.nodeName === undefined) {
    const scheduled = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return sentence(scheduled?.message) || 'the scheduler has not looked at it yet';
  }
  const waiting = stateOf(pod, sighting)?.waiting;
  if (waiting?.reason === undefined || ON_ITS_WAY.includes(waiting.reason)) return null;
  const said = [waiting.reason, sentence(waiting.message)].filter((word) => word).join(': ');
  return `on node ${pod.spec.nodeName}: ${said}`;
}

const stateOf = (pod: V1Pod | undefined, { container }: Sighting): V1ContainerState | undefined =>
  pod?.status?.containerStatuses?.find(({ name }) => name === container)?.state;

const holds = (job: V1Job | null, type: string): V1JobCondition | null =>
  job?.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True') ?? null;

/** A message of the cluster as a clause: on one line, without its full stop. */
const sentence = (message: string | undefined): string =>
  (message ?? '').replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '').slice(0, 600);
